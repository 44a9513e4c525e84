#include "core/billing/ladder_rows.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace core {
namespace {

using Places = std::vector<std::size_t>;  // of rows

bool has_quantity(const Price& row) { return row.from_quantity || row.to_quantity; }

std::string bound_text(const std::optional<Decimal>& number) {
  return number ? number->text() : "";
}

// All that the tiers of one ladder have in common.
std::string ladder_key(const Price& row) {
  std::string key;
  const auto add = [&key](std::string_view text) {
    key.append(std::to_string(text.size())).append(":").append(text);
  };
  add(row.model);
  add(name(row.unit));
  add(row.unit_label);
  add(row.currency);
  add(row.valid_from);
  add(row.valid_to);
  for (const auto& number : {row.min_sr, row.max_sr, row.minimum, row.round_up}) {
    add(bound_text(number));
  }
  for (const PriceCondition& condition : row.conditions) {
    add(condition.subject().name);
    add(condition.cell());
  }
  return key;
}

class Ladder {
 public:
  Ladder(const std::vector<Price>& rows, Places places, const std::string& file)
      : file_(file), rows_(rows), places_(std::move(places)) {
    std::stable_sort(places_.begin(), places_.end(), [&](std::size_t one, std::size_t other) {
      return from(rows[one]) < from(rows[other]);
    });
  }

  [[nodiscard]] std::vector<Tier> tiers() const;

 private:
  static Decimal from(const Price& row) { return row.from_quantity.value_or(Decimal()); }
  [[noreturn]] void fail(const Price& row, const char* column, const std::string& why) const {
    throw UsageError("price book " + file_ + ", line " + std::to_string(row.line) + ", column " +
                     column + ": " + why);
  }
  void require_next(const Price& row, const Price& next) const;

  const std::string& file_;
  const std::vector<Price>& rows_;
  Places places_;
};

void Ladder::require_next(const Price& row, const Price& next) const {
  const std::string line = "line " + std::to_string(row.line);
  if (!row.to_quantity) {
    fail(next, "from_quantity",
         "it overlaps " + line + ", a tier of the same price without a to_quantity");
  }
  if (from(next) < *row.to_quantity) {
    fail(next, "from_quantity",
         "it overlaps " + line + ", a tier of the same price that ends at " +
             row.to_quantity->text());
  }
  if (*row.to_quantity < from(next)) {
    fail(next, "from_quantity",
         "no tier has a price from " + row.to_quantity->text() + " to " + from(next).text() +
             ", between " + line + " and this one");
  }
}

std::vector<Tier> Ladder::tiers() const {
  std::vector<Tier> tiers;
  const Price& first = rows_[places_.front()];
  if (!from(first).is_zero()) {
    fail(first, "from_quantity",
         "no tier begins at 0: no row is equal but for quantities, price, discount and note, and "
         "has an empty from_quantity");
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Price& row = rows_[places_[i]];
    if (i + 1 < places_.size()) {
      require_next(row, rows_[places_[i + 1]]);
    } else if (row.to_quantity) {
      fail(row, "to_quantity",
           "no tier has a price from " + row.to_quantity->text() +
               " on: no row is equal but for quantities, price, discount and note, and begins "
               "there; leave it empty in the last tier");
    }
    tiers.push_back({.from = from(row),
                     .to = row.to_quantity,
                     .price = row.price,
                     .discount = row.discount,
                     .list_price = row.list_price,
                     .note = row.note});
  }
  return tiers;
}

}  // namespace

void join_tiers(std::vector<Price>& rows, const std::string& file) {
  if (std::none_of(rows.begin(), rows.end(), has_quantity)) {
    return;
  }
  std::map<std::string, Places> alike;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    alike[ladder_key(rows[i])].push_back(i);
  }
  std::vector<bool> joined(rows.size());
  std::map<std::size_t, std::vector<Tier>> tiers;  // by the first row of the ladder
  for (auto& [key, places] : alike) {
    const bool is_ladder = std::any_of(
        places.begin(), places.end(), [&](std::size_t place) { return has_quantity(rows[place]); });
    if (!is_ladder) {
      continue;
    }
    std::vector<Tier> own = Ladder(rows, places, file).tiers();
    if (own.size() > 1) {
      tiers[places.front()] = std::move(own);
    }
    std::for_each(places.begin() + 1, places.end(),
                  [&](std::size_t place) { joined[place] = true; });
  }
  for (auto& [place, own] : tiers) {
    rows[place].price = own.front().price;
    rows[place].tiers = std::move(own);
  }
  std::vector<Price> kept;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!joined[i]) {
      kept.push_back(std::move(rows[i]));
    }
  }
  rows = std::move(kept);
}

}  // namespace core
