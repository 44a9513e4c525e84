// What the months of a random history must say: an oracle that shares no code with the program.
#pragma once

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace billing_oracle {

constexpr int kPrice = 3;  // per second, until a closed month is repriced

// Odd tasks are of a customer with a contract.
inline bool is_contract(int task) { return task % 2 == 1; }
// What is charged at the price, in the unit of the task's row of the book.
inline int charged(int task, int seconds) {
  switch (task) {
    case 1:  // whole pairs of seconds, 4 at least, and half off twice the price
      return std::max(4, (seconds + 1) / 2 * 2);
    case 2:  // each task is one, because of its action
      return 1;
    case 3:  // the gateway's own charge is two for each second, because of the picture
      return 2 * seconds;
    case 4:  // what a label wanted, because of account and ratio: 3, in pairs
      return 4;
    default:
      return seconds;
  }
}

// The gateway's last answer about a task.
struct Said {
  int month = 0;
  bool succeeded = false;
  int seconds = 0;
  [[nodiscard]] int cost(int task, int price) const {
    return succeeded ? charged(task, seconds) * price : 0;
  }
  [[nodiscard]] bool charges_as(const Said& other) const {
    return succeeded == other.succeeded && seconds == other.seconds;
  }
};

// A line: task, cost, cost in the billing currency, what the customer pays, and whether it corrects
// a closed month.
using Line = std::tuple<int, int, int, int, bool>;

class Oracle {
 public:
  void say(int task, const Said& said) {
    said_[task] = said;
    unfinished_.erase(task);
  }
  // A task that was submitted in that month, without an answer so far.
  void submit(int task, int month) { unfinished_[task] = month; }
  // Other prices for a closed month.
  void reprice(int month, int price) { prices_[month] = price; }
  [[nodiscard]] bool is_closed(int month) const { return closed_.contains(month); }
  [[nodiscard]] std::vector<int> unfinished(int month) const {
    std::vector<int> tasks;
    for (const auto& [task, submitted] : unfinished_) {
      if (submitted == month) {
        tasks.push_back(task);
      }
    }
    return tasks;
  }

  // The lines of a month, sorted.
  [[nodiscard]] std::vector<Line> lines(int month) const {
    if (is_closed(month)) {
      return closed_.at(month);
    }
    std::vector<Line> lines;
    for (const auto& [task, said] : said_) {
      const auto frozen = frozen_.find(task);
      const int cost = said.cost(task, price(origin(task)));
      if (frozen == frozen_.end()) {
        if (!is_closed(said.month) ? said.month == month : next_open(said.month) == month) {
          lines.emplace_back(task, cost, cost * rate(said.month), sold(said, said.month),
                             is_closed(said.month));
        }
      } else if (next_open(frozen->second.month) == month &&
                 !(said.charges_as(frozen->second.said) && cost == frozen->second.cost)) {
        const int rate = this->rate(frozen->second.month);
        lines.emplace_back(task, -frozen->second.cost, -frozen->second.cost * rate,
                           -sold(frozen->second.said, frozen->second.month), true);
        lines.emplace_back(task, cost, cost * rate, sold(said, frozen->second.month), true);
      }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  void close(int month) {
    std::vector<Line> frozen = lines(month);
    for (const auto& [task, said] : said_) {
      const bool here = std::any_of(frozen.begin(), frozen.end(), [task = task](const Line& line) {
        return std::get<0>(line) == task;
      });
      if (here) {
        const Frozen now{origin(task), said, said.cost(task, price(origin(task)))};
        frozen_[task] = now;
      }
    }
    closed_[month] = std::move(frozen);
    closed_rates_[month] = rate_;
    closed_resales_[month] = resale_;
  }
  // Another resale price for months that are not closed.
  void change_resale(int price) { resale_ = price; }
  // Another rate for months that are not closed.
  void change_rate(int rate) { rate_ = rate; }

  // The current cost of all tasks: the sum of all lines of all months.
  [[nodiscard]] int total() const {
    int total = 0;
    for (const auto& [task, said] : said_) {
      total += said.cost(task, price(origin(task)));
    }
    return total;
  }

 private:
  // The frozen lines of a task in closed months.
  struct Frozen {
    int month = 0;  // in which it was incurred, however often it is corrected
    Said said;
    int cost = 0;
  };

  [[nodiscard]] int origin(int task) const {
    const auto known = frozen_.find(task);
    return known == frozen_.end() ? said_.at(task).month : known->second.month;
  }
  [[nodiscard]] int price(int month) const {
    const auto other = prices_.find(month);
    return other == prices_.end() ? kPrice : other->second;
  }
  [[nodiscard]] int rate(int month) const {
    const auto frozen = closed_rates_.find(month);
    return frozen == closed_rates_.end() ? rate_ : frozen->second;
  }
  // The customer pays for each second of the input, whatever the contract is.
  [[nodiscard]] int sold(const Said& said, int month) const {
    const auto frozen = closed_resales_.find(month);
    return said.succeeded * said.seconds *
           (frozen == closed_resales_.end() ? resale_ : frozen->second);
  }
  [[nodiscard]] int next_open(int month) const {
    do {
      ++month;
    } while (is_closed(month));
    return month;
  }

  std::map<int, Said> said_;
  std::map<int, int> unfinished_;  // month of submission, by task
  std::map<int, int> prices_;      // of closed months that were repriced
  std::map<int, Frozen> frozen_;
  std::map<int, std::vector<Line>> closed_;
  std::map<int, int> closed_rates_;
  std::map<int, int> closed_resales_;
  int rate_ = 1;
  int resale_ = 1;
};

}  // namespace billing_oracle
