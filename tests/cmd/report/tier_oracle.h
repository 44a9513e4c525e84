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

// What customers pay: of all customers. One tier is one price for any second.
inline const std::vector<Ladder>& resale_books() {
  static const std::vector<Ladder> kBooks = {{{0, 9}, {5, 8}, {8, 6}}, {{0, 7}}, {{0, 0}, {3, 11}}};
  return kBooks;
}
inline bool has_tiers(const Ladder& ladder) { return ladder.size() > 1; }

// Of each of `count` seconds from `start` on; -1 is the begin.
inline std::vector<int> prices(const Ladder& ladder, int start, int count) {
  std::vector<int> prices;
  for (int i = 0; i < count; ++i) {
    const auto tier = std::find_if(ladder.rbegin(), ladder.rend(), [&](const Tier& one) {
      return one.from <= std::max(start, 0) + i;
    });
    prices.push_back(tier->price);
  }
  return prices;
}
inline int sum_of(const std::vector<int>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0);
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

  std::size_t sold_by = 0;  // the resale book, and the same for it
  int sold_start = -1;

  // The price of each second.
  [[nodiscard]] std::vector<int> seconds() const {
    const Ladder& ladder = said.contract ? books().at(book).contract : books().at(book).others;
    return said.succeeded ? prices(ladder, start, said.charged()) : std::vector<int>();
  }
  [[nodiscard]] int cost() const { return sum_of(seconds()); }
  // What the customer pays, for each second as it is.
  [[nodiscard]] int resale() const {
    return said.succeeded ? sum_of(prices(resale_books().at(sold_by), sold_start, said.seconds))
                          : 0;
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

// A line: its month's task, its cost, where it begins (-1: nowhere), the same of its resale,
// whether it corrects.
using Line = std::tuple<std::string, int, int, int, int, bool>;

class Oracle {
 public:
  void say(const std::string& task, const Said& said) { said_[task] = said; }
  [[nodiscard]] bool is_closed(int month) const { return closed_.contains(month); }
  // Another book for a closed month.
  void reprice(int month, std::size_t book) { ruling_[month] = book; }
  // Another resale book for months that are not closed.
  void resell(std::size_t book) { resale_ = book; }

  [[nodiscard]] std::vector<Line> lines(int month) const {
    if (is_closed(month)) {
      return closed_.at(month);
    }
    std::vector<Line> lines;
    for (const auto& [task, before, now, corrects] : changes(month)) {
      if (before) {
        const Charged& old = before->charged;
        lines.emplace_back(task, -old.cost(), old.start, -old.resale(), old.sold_start, true);
      }
      lines.emplace_back(task, now.cost(), now.start, now.resale(), now.sold_start, corrects);
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
    sold_by_[month] = resale_;
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
  // Of the month's tiers, for customers with a contract and not; and of the resale.
  struct Ends {
    std::map<bool, int> cost;
    int resale = 0;

    void add(const Charged& charged, int sign) {
      cost[charged.said.contract] += charged.start >= 0 ? sign * charged.said.charged() : 0;
      resale += charged.sold_start >= 0 ? sign * charged.said.seconds : 0;
    }
  };

  // By what a task is charged.
  struct By {
    std::size_t book = 0;
    std::size_t resale = 0;
    bool anew = false;      // by the book, from 0
    bool repriced = false;  // by another book than so far
  };

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
    charge(std::move(own), {.book = 0, .resale = resale_}, ends, changes);
    return changes;
  }

  // What corrects a closed month.
  void correct(int home, std::vector<Change>& changes) const {
    const std::size_t book = book_of(home, ruling_);
    const bool anew = book != book_of(home, carried_) && books().at(book).tiers;
    const bool repriced = book != book_of(home, carried_);
    Ends ends;
    for (const auto& [task, stands] : standing_) {
      if (stands.home == home) {
        ends.add(stands.charged, 1);
      }
    }
    if (anew) {
      ends.cost.clear();
    }
    const By by{.book = book, .resale = sold_by_.at(home), .anew = anew, .repriced = repriced};
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
      if (anew || (said.succeeded && !placed)) {
        queue.emplace_back(order, &stands);
      } else {
        charge(task, &stands, by, ends, changes);
      }
    }
    charge(std::move(queue), by, ends, changes);
  }

  static bool is_changed(const Charged& before, const Charged& now, bool repriced) {
    if (!before.said.charges_as(now.said)) {
      return true;
    }
    return repriced &&
           (before.cost() != now.cost() || (now.start >= 0 && before.note() != now.note()));
  }

  void charge(Queue queue, const By& by, Ends& ends, std::vector<Change>& changes) const {
    std::sort(queue.begin(), queue.end());
    for (const auto& [order, stands] : queue) {
      charge(std::get<3>(order), stands, by, ends, changes);
    }
  }
  // Where the task began, else behind what was charged so far.
  void charge(const std::string& task, const Standing* stands, const By& by, Ends& ends,
              std::vector<Change>& changes) const {
    const Said& said = said_.at(task);
    Charged now{said, -1, by.book, by.resale, -1};
    const auto begins = [stands](int Charged::*start, int end) {
      return stands != nullptr && stands->charged.*start >= 0 ? stands->charged.*start : end;
    };
    if (said.succeeded && books().at(by.book).tiers) {
      const int end = ends.cost[said.contract];
      now.start = by.anew ? end : begins(&Charged::start, end);
    }
    if (said.succeeded && has_tiers(resale_books().at(by.resale))) {
      now.sold_start = begins(&Charged::sold_start, ends.resale);
    }
    const bool changed = stands == nullptr || is_changed(stands->charged, now, by.repriced);
    if (changed) {
      changes.push_back({task, stands, now, stands != nullptr || is_closed(said.month())});
    }
    if (by.anew) {
      ends.cost[said.contract] += now.start >= 0 ? said.charged() : 0;
    }
    if (changed) {
      const std::map<bool, int> cost = ends.cost;
      if (stands != nullptr) {
        ends.add(stands->charged, -1);
      }
      ends.add(now, 1);
      ends.cost = by.anew ? cost : ends.cost;
    }
  }

  std::map<std::string, Said> said_;
  std::map<std::string, Standing> standing_;
  std::map<int, std::size_t> ruling_;   // the newest book of closed months, unless it is the first
  std::map<int, std::size_t> carried_;  // the same, as closed months have charged them
  std::map<int, std::vector<Line>> closed_;
  std::map<int, std::size_t> sold_by_;  // the resale book of a closed month
  std::size_t resale_ = 0;
};

}  // namespace tier_oracle
