#include "core/billing/price_check.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "core/billing/currencies.h"
#include "core/billing/dead_prices.h"
#include "core/billing/price_bounds.h"

namespace core {
namespace {

using Rows = std::vector<const Price*>;
using Findings = std::vector<PriceFinding>;

// The tasks of a row by day and picture.
struct Box {
  DaySpan days;
  PictureSpan lines;
  [[nodiscard]] bool contains(const Box& other) const {
    return days.contain(other.days) && lines.contain(other.lines);
  }
  [[nodiscard]] bool is_empty() const { return days.last < days.first || lines.high < lines.low; }
};

Box box_of(const Price& row) { return {days_of(row), lines_of(row)}; }

Box common(const Box& one, const Box& other) {
  return {{std::max(one.days.first, other.days.first), std::min(one.days.last, other.days.last)},
          {std::max(one.lines.low, other.lines.low), std::min(one.lines.high, other.lines.high)}};
}

std::string line_text(const Price& row) { return "line " + std::to_string(row.line); }

bool is_for_super_resolution(const Price& row) { return row.unit == PriceUnit::sr_mtoken; }

bool asks(const Price& row, const PriceCondition& wanted) {
  return std::any_of(row.conditions.begin(), row.conditions.end(),
                     [&wanted](const PriceCondition& own) { return own.is_same(wanted); });
}

// Whether each condition of `row` is also one of `one` or of `other`.
bool asks_no_more(const Price& row, const Price& one, const Price& other) {
  return std::all_of(
      row.conditions.begin(), row.conditions.end(),
      [&](const PriceCondition& wanted) { return asks(one, wanted) || asks(other, wanted); });
}

bool asks_the_same(const Price& one, const Price& other) {
  return one.conditions.size() == other.conditions.size() && asks_no_more(one, other, other);
}

bool may_ask_one_task(const Price& one, const Price& other) {
  return std::all_of(one.conditions.begin(), one.conditions.end(), [&](const auto& own) {
    return std::all_of(other.conditions.begin(), other.conditions.end(), [&](const auto& theirs) {
      return own.subject().name != theirs.subject().name || own.may_overlap(theirs);
    });
  });
}

bool costs_the_same(const Price& one, const Price& other) {
  return one.unit == other.unit && one.unit_label == other.unit_label && one.price == other.price &&
         one.tiers.empty() && other.tiers.empty() && one.currency == other.currency &&
         one.minimum == other.minimum && one.round_up == other.round_up;
}

// The rows of one model, those for super resolution apart.
class ModelRows {
 public:
  ModelRows(const PriceBook& book, Rows rows, Findings& findings)
      : book_(book), rows_(std::move(rows)), findings_(findings) {}

  void check() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      for (std::size_t j = i + 1; j < rows_.size(); ++j) {
        book_.has_conditions() ? check_tie(*rows_[i], *rows_[j])
                               : check_overlap(*rows_[i], *rows_[j]);
      }
    }
    for (const Price* row : rows_) {
      check_days_after(*row);
      check_pictures_above(*row);
    }
  }

 private:
  void add(const Price& row, PriceFault fault, std::string text) {
    findings_.push_back({row.line, fault, std::move(text)});
  }
  void check_overlap(const Price& one, const Price& later) {
    const Box first = box_of(one);
    const Box second = box_of(later);
    if (!common(first, second).is_empty() && !first.contains(second) && !second.contains(first) &&
        !costs_the_same(one, later)) {
      add(later, PriceFault::overlap,
          "partly fits the same tasks as " + line_text(one) +
              ", which comes first and gives their price; bounds are inclusive");
    }
  }
  void check_tie(const Price& one, const Price& later) {
    const Box both = common(box_of(one), box_of(later));
    if (one.rank() != later.rank() || both.is_empty() || !may_ask_one_task(one, later)) {
      return;
    }
    const bool decided = std::any_of(rows_.begin(), rows_.end(), [&](const Price* row) {
      return one.rank() < row->rank() && asks_no_more(*row, one, later) &&
             box_of(*row).contains(both);
    });
    if (!decided) {
      add(later, PriceFault::tie,
          "may fit the same tasks as " + line_text(one) +
              " and is as special, so these would have no price; a row with the conditions of "
              "both decides");
    }
  }
  // Whether a row of the book fits all tasks of `row` that are in `gap`.
  [[nodiscard]] bool is_covered(const Box& gap, const Price& row) const {
    return std::any_of(book_.rows().begin(), book_.rows().end(), [&](const Price& other) {
      return is_for_super_resolution(other) == is_for_super_resolution(row) &&
             glob_covers(other.model, row.model) && asks_no_more(other, row, row) &&
             box_of(other).contains(gap);
    });
  }
  // The next row that `follows` accepts, by the order `before`.
  template <typename Follows, typename Before>
  [[nodiscard]] const Price* next(Follows follows, Before before) const {
    const Price* found = nullptr;
    for (const Price* row : rows_) {
      if (follows(*row) && (found == nullptr || before(*row, *found))) {
        found = row;
      }
    }
    return found;
  }
  void check_days_after(const Price& row) {
    const Box own = box_of(row);
    if (row.valid_to.empty()) {
      return;
    }
    const auto day = own.days.last + std::chrono::days(1);
    const auto is_alike = [&](const Price& other) {
      return asks_the_same(row, other) && lines_of(other) == own.lines;
    };
    const Price* later =
        next([&](const Price& other) { return is_alike(other) && days_of(other).first > day; },
             [](const Price& one, const Price& other) {
               return days_of(one).first < days_of(other).first;
             });
    if (later == nullptr) {
      return;
    }
    const Box gap{{day, days_of(*later).first - std::chrono::days(1)}, own.lines};
    const bool goes_on = std::any_of(rows_.begin(), rows_.end(), [&](const Price* other) {
      return is_alike(*other) && days_of(*other).hold(day);
    });
    if (!goes_on && !is_covered(gap, row)) {
      add(*later, PriceFault::day_gap,
          "no row gives a price from " + day_text(gap.days.first) + " to " +
              day_text(gap.days.last) + ", between " + line_text(row) + " and this one");
    }
  }
  void check_pictures_above(const Price& row) {
    const Box own = box_of(row);
    if (!row.max_sr) {
      return;
    }
    const Decimal line = own.lines.high + Decimal(1);
    const auto is_alike = [&](const Price& other) {
      return asks_the_same(row, other) && days_of(other) == own.days;
    };
    const Price* higher =
        next([&](const Price& other) { return is_alike(other) && line < lines_of(other).low; },
             [](const Price& one, const Price& other) {
               return lines_of(one).low < lines_of(other).low;
             });
    if (higher == nullptr) {
      return;
    }
    const Box gap{own.days, {line, lines_of(*higher).low - Decimal(1)}};
    const bool goes_on = std::any_of(rows_.begin(), rows_.end(), [&](const Price* other) {
      const PictureSpan lines = lines_of(*other);
      return is_alike(*other) && lines.low <= line && line <= lines.high;
    });
    if (!goes_on && !is_covered(gap, row)) {
      add(*higher, PriceFault::picture_gap,
          "no row gives a price for pictures of " + gap.lines.low.text() + " to " +
              gap.lines.high.text() + " lines, between " + line_text(row) + " and this one");
    }
  }

  const PriceBook& book_;
  Rows rows_;
  Findings& findings_;
};

void add_dead_prices(const PriceBook& book, Findings& findings) {
  for (const DeadPrice& dead : dead_prices(book)) {
    std::string lines;
    for (const std::uint64_t line : dead.earlier_lines) {
      lines += (lines.empty() ? "" : ", ") + std::to_string(line);
    }
    findings.push_back({dead.line, PriceFault::never_counts,
                        "can never count: the rows before it (" + lines +
                            ") fit all its tasks, and the first one gives the price"});
  }
}

void add_currencies(const PriceBook& book, Findings& findings) {
  for (const Price& row : book.rows()) {
    if (!is_iso_currency(row.currency)) {
      findings.push_back({row.line, PriceFault::currency,
                          row.currency + " is no currency of ISO 4217" +
                              (row.currency == "RMB" ? "; the code of the renminbi is CNY" : "")});
    }
  }
}

}  // namespace

std::string_view name(PriceFault fault) {
  switch (fault) {
    case PriceFault::never_counts:
      return "never_counts";
    case PriceFault::tie:
      return "tie";
    case PriceFault::overlap:
      return "overlap";
    case PriceFault::day_gap:
      return "day_gap";
    case PriceFault::picture_gap:
      return "picture_gap";
    case PriceFault::currency:
      return "currency";
  }
  return {};
}

std::vector<PriceFinding> check_prices(const PriceBook& book) {
  constexpr std::size_t kComparedMax = 500;
  Findings findings;
  add_dead_prices(book, findings);
  add_currencies(book, findings);
  std::map<std::pair<std::string, bool>, Rows> models;
  for (const Price& row : book.rows()) {
    Rows& rows = models[{row.model, is_for_super_resolution(row)}];
    if (rows.size() < kComparedMax) {
      rows.push_back(&row);
    }
  }
  for (auto& [model, rows] : models) {
    ModelRows(book, std::move(rows), findings).check();
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const auto& one, const auto& other) { return one.line < other.line; });
  return findings;
}

}  // namespace core
