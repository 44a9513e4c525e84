// What months of tasks cost by tiers: an oracle that shares no code with the program. It lays the
// quantity of a month out as single seconds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tier_oracle {

// A tier: from which second of the month on, and the price of each second.
struct Tier {
  int from;
  int price;
};
using Ladder = std::vector<Tier>;
// The prices of all customers and those of the customer c1, whose seconds are charged in pairs,
// with the lines of the file where they begin. `tiers` false: one price for any second.
struct Book {
  Ladder others;
  int line;
  Ladder contract;
  int contract_line;
  bool tiers = true;
};

// The first one is that by which months are closed; other ones charge closed months anew. The lines
// of the first two are the same, so that their notes can be.
inline const std::vector<Book>& books() {
  static const std::vector<Book> kBooks = {
      {{{0, 0}, {4, 5}, {9, 3}}, 3, {{0, 7}, {6, 2}}, 2},
      {{{0, 0}, {4, 5}, {7, 4}}, 3, {{0, 7}, {4, 1}, {8, 6}}, 2},
      {{{0, 2}, {3, 6}}, 2, {{0, 5}, {6, 2}}, 4},
      {{{0, 4}}, 2, {{0, 3}}, 3, false}};
  return kBooks;
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

// What was charged for a task: by which book, and from which second of its month on.
struct Charged {
  Said said;
  int start = -1;  // -1: it has no place in tiers
  std::size_t book = 0;

  // The price of each second.
  [[nodiscard]] std::vector<int> seconds() const {
    const Ladder& ladder = said.contract ? books().at(book).contract : books().at(book).others;
    std::vector<int> prices;
    for (int i = 0; said.succeeded && i < said.charged(); ++i) {
      const auto tier = std::find_if(ladder.rbegin(), ladder.rend(), [&](const Tier& one) {
        return one.from <= std::max(start, 0) + i;
      });
      prices.push_back(tier->price);
    }
    return prices;
  }
  [[nodiscard]] int cost() const {
    const std::vector<int> prices = seconds();
    return std::accumulate(prices.begin(), prices.end(), 0);
  }
  // What its note says: the line of the book, the start, and the parts if there are several.
  [[nodiscard]] std::vector<int> note() const {
    if (start < 0) {
      return {};
    }
    std::vector<int> parts;
    for (const int price : seconds()) {
      if (parts.empty() || parts.back() != price) {
        parts.insert(parts.end(), {0, price});
      }
      ++parts.at(parts.size() - 2);
    }
    std::vector<int> note{said.contract ? books().at(book).contract_line : books().at(book).line,
                          start};
    note.insert(note.end(), parts.begin(), parts.size() > 2 ? parts.end() : parts.begin());
    return note;
  }
};

// A line: its month's task, its cost, where it begins (-1: nowhere), whether it corrects.
using Line = std::tuple<std::string, int, int, bool>;

class Oracle {
 public:
  void say(const std::string& task, const Said& said) { said_[task] = said; }
  [[nodiscard]] bool is_closed(int month) const { return closed_.contains(month); }
  // Another book for a closed month.
  void reprice(int month, std::size_t book) { ruling_[month] = book; }

  [[nodiscard]] std::vector<Line> lines(int month) const {
    if (is_closed(month)) {
      return closed_.at(month);
    }
    std::vector<Line> lines;
    for (const auto& [task, before, now, corrects] : changes(month)) {
      if (before) {
        lines.emplace_back(task, -before->charged.cost(), before->charged.start, true);
      }
      lines.emplace_back(task, now.cost(), now.start, corrects);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  void close(int month) {
    std::vector<Line> frozen = lines(month);
    for (const auto& [task, before, now, corrects] : changes(month)) {
      Standing stands = before ? *before : Standing{{}, now.said.month(), now.said.at, -1};
      if (!before || !before->charged.said.succeeded) {
        stands.first = corrects ? month : -1;
      }
      stands.charged = now;
      standing_[task] = stands;
    }
    for (const auto& [home, book] : ruling_) {
      if (next_open(home) == month) {
        carried_[home] = book;
      }
    }
    closed_[month] = std::move(frozen);
  }

 private:
  // What is frozen of a task.
  struct Standing {
    Charged charged;
    int home = 0;  // the closed month that it belongs to, and when it ended
    int at = 0;
    int first = -1;  // the month that charged it first; -1: its own
  };
  struct Change {
    std::string task;
    const Standing* before = nullptr;
    Charged now;
    bool corrects = false;
  };
  // A task that is charged behind others: by its order.
  using Order = std::tuple<bool, int, int, std::string>;
  using Queue = std::vector<std::pair<Order, const Standing*>>;
  using Ends = std::map<bool, int>;  // of the month's tiers, for customers with a contract and not

  static std::size_t book_of(int month, const std::map<int, std::size_t>& books) {
    const auto found = books.find(month);
    return found == books.end() ? 0 : found->second;
  }
  [[nodiscard]] int next_open(int month) const {
    do {
      ++month;
    } while (is_closed(month));
    return month;
  }

  // What an open month shows.
  [[nodiscard]] std::vector<Change> changes(int month) const {
    std::vector<Change> changes = own_changes(month);
    for (const auto& [home, lines] : closed_) {
      if (next_open(home) == month) {
        correct(home, changes);
      }
    }
    return changes;
  }

  [[nodiscard]] std::vector<Change> own_changes(int month) const {
    Queue own;
    for (const auto& [task, said] : said_) {
      if (!standing_.contains(task) && said.month() == month && !is_closed(month)) {
        own.push_back({{false, 0, said.at, task}, nullptr});
      }
    }
    std::vector<Change> changes;
    Ends ends;
    charge(std::move(own), 0, false, ends, changes);
    return changes;
  }

  // What corrects a closed month.
  void correct(int home, std::vector<Change>& changes) const {
    const std::size_t book = book_of(home, ruling_);
    const bool anew = book != book_of(home, carried_) && books().at(book).tiers;
    const bool repriced = book != book_of(home, carried_);
    Ends ends;
    for (const auto& [task, stands] : standing_) {
      if (!anew && stands.home == home && stands.charged.start >= 0) {
        ends[stands.charged.said.contract] += stands.charged.said.charged();
      }
    }
    Queue queue;
    for (const auto& [task, said] : said_) {
      const auto found = standing_.find(task);
      if (found == standing_.end()) {
        if (said.month() == home) {
          queue.push_back({{true, 0, said.at, task}, nullptr});
        }
        continue;
      }
      const Standing& stands = found->second;
      if (stands.home != home) {
        continue;
      }
      const bool placed = stands.charged.said.succeeded;
      const Order order{!placed, placed ? stands.first : 0, placed ? stands.at : said.at, task};
      const bool is_new = said.succeeded && stands.charged.start < 0 && books().at(book).tiers;
      if (anew || (is_new && !placed)) {
        if (anew || !stands.charged.said.charges_as(said)) {
          queue.emplace_back(order, &stands);
        }
        continue;
      }
      const bool has_place = said.succeeded && books().at(book).tiers;
      const Charged now{said, has_place ? stands.charged.start : -1, book};
      if (is_changed(stands.charged, now, repriced)) {
        ends[said.contract] -= stands.charged.start >= 0 ? stands.charged.said.charged() : 0;
        ends[said.contract] += has_place ? said.charged() : 0;
        changes.push_back({task, &stands, now, true});
      }
    }
    charge(std::move(queue), book, true, ends, changes);
  }

  static bool is_changed(const Charged& before, const Charged& now, bool repriced) {
    if (!before.said.charges_as(now.said)) {
      return true;
    }
    return repriced &&
           (before.cost() != now.cost() || (now.start >= 0 && before.note() != now.note()));
  }

  // Each task of the queue behind what was charged so far.
  void charge(Queue queue, std::size_t book, bool corrects, Ends& ends,
              std::vector<Change>& changes) const {
    std::sort(queue.begin(), queue.end());
    for (const auto& [order, stands] : queue) {
      const std::string& task = std::get<3>(order);
      const Said& said = said_.at(task);
      Charged now{said, -1, book};
      if (said.succeeded && books().at(book).tiers) {
        now.start = ends[said.contract];
        ends[said.contract] += said.charged();
      }
      if (stands == nullptr || is_changed(stands->charged, now, true)) {
        changes.push_back({task, stands, now, corrects});
      }
    }
  }

  std::map<std::string, Said> said_;
  std::map<std::string, Standing> standing_;
  std::map<int, std::size_t> ruling_;   // the newest book of closed months, unless it is the first
  std::map<int, std::size_t> carried_;  // the same, as closed months have charged them
  std::map<int, std::vector<Line>> closed_;
};

}  // namespace tier_oracle
