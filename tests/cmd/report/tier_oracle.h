// What months of tasks cost by tiers: an oracle that shares no code with the program. It lays the
// quantity of a month out as single seconds.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tier_oracle {

constexpr int kFree = 4;  // seconds of all customers in a month
constexpr int kCheapFrom = 9;
constexpr int kPrice = 5;
constexpr int kCheap = 3;
constexpr int kContractFrom = 6;  // of the customer c1, whose seconds are charged in pairs
constexpr int kContract = 7;
constexpr int kContractCheap = 2;

// The price of one second of the month, the first one being 0.
inline int second_price(bool contract, int second) {
  if (contract) {
    return second < kContractFrom ? kContract : kContractCheap;
  }
  return second < kFree ? 0 : second < kCheapFrom ? kPrice : kCheap;
}

struct Said {
  int at = 0;  // seconds after the begin of the year's first month; 1000 a month
  bool succeeded = false;
  bool contract = false;
  int seconds = 0;
  [[nodiscard]] int month() const { return at / 1000; }
  [[nodiscard]] int charged() const { return contract ? (seconds + 1) / 2 * 2 : seconds; }
  [[nodiscard]] bool charges_as(const Said& other) const {
    return succeeded == other.succeeded && seconds == other.seconds;
  }
};

// What was charged for a task: from which second of its month on.
struct Charged {
  Said said;
  int start = -1;  // -1: a failure has none
  [[nodiscard]] int cost() const {
    int sum = 0;
    for (int i = 0; start >= 0 && i < said.charged(); ++i) {
      sum += second_price(said.contract, start + i);
    }
    return sum;
  }
};

// A line: its month's task, its cost, where it begins (-1: nowhere), whether it corrects.
using Line = std::tuple<std::string, int, int, bool>;

class Oracle {
 public:
  void say(const std::string& task, const Said& said) { said_[task] = said; }
  [[nodiscard]] bool is_closed(int month) const { return closed_.contains(month); }

  [[nodiscard]] std::vector<Line> lines(int month) const {
    std::vector<Line> lines;
    for (const auto& [task, before, now, corrects] : changes(month)) {
      if (before) {
        lines.emplace_back(task, -before->cost(), before->start, true);
      }
      lines.emplace_back(task, now.cost(), now.start, corrects);
    }
    std::sort(lines.begin(), lines.end());
    return is_closed(month) ? closed_.at(month) : lines;
  }

  void close(int month) {
    std::vector<Line> frozen = lines(month);
    for (const auto& [task, before, now, corrects] : changes(month)) {
      const int home = before ? home_.at(task) : now.said.month();
      if (before && before->start >= 0) {
        sold_[{home, before->said.contract}] -= before->said.charged();
      }
      sold_[{home, now.said.contract}] += now.start < 0 ? 0 : now.said.charged();
      home_[task] = home;
      standing_[task] = now;
    }
    closed_[month] = std::move(frozen);
  }

 private:
  struct Change {
    std::string task;
    const Charged* before = nullptr;
    Charged now;
    bool corrects = false;
  };
  using Tasks = std::vector<std::pair<std::string, Said>>;

  static void sort(Tasks& tasks) {
    std::sort(tasks.begin(), tasks.end(), [](const auto& left, const auto& right) {
      return std::tie(left.second.at, left.first) < std::tie(right.second.at, right.first);
    });
  }
  [[nodiscard]] int next_open(int month) const {
    do {
      ++month;
    } while (is_closed(month));
    return month;
  }

  // What an open month shows.
  [[nodiscard]] std::vector<Change> changes(int month) const {
    std::vector<Change> changes;
    Tasks own;
    std::map<int, Tasks> late;  // by the month in which they were charged, or should have been
    std::map<std::pair<int, bool>, int> sold = sold_;
    for (const auto& [task, said] : said_) {
      const auto stands = standing_.find(task);
      if (stands == standing_.end()) {
        if (!is_closed(said.month())) {
          if (said.month() == month) {
            own.emplace_back(task, said);
          }
        } else if (next_open(said.month()) == month) {
          late[said.month()].emplace_back(task, said);
        }
        continue;
      }
      const int home = home_.at(task);
      const Charged& before = stands->second;
      if (next_open(home) != month || before.said.charges_as(said)) {
        continue;
      }
      if (said.succeeded && before.start < 0) {
        late[home].emplace_back(task, said);
        continue;
      }
      const Charged now{said, said.succeeded ? before.start : -1};
      if (before.start >= 0) {
        sold[{home, said.contract}] -= before.said.charged();
      }
      sold[{home, said.contract}] += now.start >= 0 ? said.charged() : 0;
      changes.push_back({task, &before, now, true});
    }
    for (auto& [home, tasks] : late) {
      sort(tasks);
      for (const auto& [task, said] : tasks) {
        const auto stands = standing_.find(task);
        changes.push_back({task, stands == standing_.end() ? nullptr : &stands->second,
                           place(said, sold[{home, said.contract}]), true});
      }
    }
    sort(own);
    std::map<bool, int> charged;
    for (const auto& [task, said] : own) {
      changes.push_back({task, nullptr, place(said, charged[said.contract]), false});
    }
    return changes;
  }
  // The task behind what was charged so far.
  static Charged place(const Said& said, int& charged) {
    if (!said.succeeded) {
      return {said, -1};
    }
    const Charged now{said, charged};
    charged += said.charged();
    return now;
  }

  std::map<std::string, Said> said_;
  std::map<std::string, Charged> standing_;
  std::map<std::string, int> home_;           // the closed month that a task belongs to
  std::map<std::pair<int, bool>, int> sold_;  // by closed month and ladder, what stands
  std::map<int, std::vector<Line>> closed_;
};

}  // namespace tier_oracle
