#include "core/billing/price_rows.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/text/ascii.h"
#include "core/text/printable.h"

namespace core {
namespace {

using Name = PriceColumns::Name;

constexpr std::array<std::string_view, PriceColumns::kNames> kColumns = {
    "model",    "unit",    "min_sr",   "max_sr",   "price", "currency",      "valid_from",
    "valid_to", "minimum", "round_up", "discount", "note",  "from_quantity", "to_quantity"};

constexpr std::string_view text_of(Name name) {
  return kColumns.at(static_cast<std::size_t>(name));
}

std::string shown(std::string_view cell) {
  constexpr std::size_t kShownMax = 100;
  return "'" + printable(cell, kShownMax) + "'";
}

// One row with its header, for messages that name the place.
class RowReader {
 public:
  RowReader(const std::string& file, const PriceColumns& columns, const CsvRow& row)
      : file_(file), columns_(columns), row_(row) {}

  [[nodiscard]] Price price_row() const;

 private:
  [[nodiscard]] std::string_view cell(std::size_t place) const {
    return place < row_.fields.size() ? trim_ascii(row_.fields[place]) : std::string_view();
  }
  [[nodiscard]] std::string_view cell(Name name) const { return cell(columns_.place(name)); }
  [[noreturn]] void fail(std::string_view column, const std::string& why) const {
    throw UsageError("price book " + file_ + ", line " + std::to_string(row_.line) + ", column " +
                     std::string(column) + ": " + why);
  }
  [[noreturn]] void fail(Name name, const std::string& why) const { fail(text_of(name), why); }
  [[nodiscard]] std::optional<Decimal> number(Name name) const;
  [[nodiscard]] std::optional<Decimal> positive(Name name) const;
  [[nodiscard]] std::string day(Name name) const;
  void read_unit(Price& row) const;
  void read_bounds(Price& row) const;
  void read_quantities(Price& row) const;
  void read_price(Price& row) const;
  void read_conditions(Price& row) const;

  const std::string& file_;
  const PriceColumns& columns_;
  const CsvRow& row_;
};

std::optional<Decimal> RowReader::number(Name name) const {
  if (cell(name).empty()) {
    return std::nullopt;
  }
  const auto value = Decimal::parse(cell(name));
  if (!value || value->is_negative()) {
    fail(name, shown(cell(name)) +
                   " is not a plain decimal number such as 0.90: a point, no thousands separators, "
                   "up to " +
                   std::to_string(Decimal::kWholeDigitsMax) + " digits before it and " +
                   std::to_string(Decimal::kPlacesMax) + " behind");
  }
  return value;
}

std::optional<Decimal> RowReader::positive(Name name) const {
  const auto value = number(name);
  if (value && value->is_zero()) {
    fail(name, "it is 0; leave the cell empty");
  }
  return value;
}

std::string RowReader::day(Name name) const {
  std::string text(cell(name));
  static const TimeZone kUtc("UTC");
  try {
    if (!text.empty() && parse_period(text, kUtc).length != PeriodLength::day) {
      throw UsageError("");
    }
  } catch (const UsageError&) {
    fail(name, shown(text) + " is not a day such as 2026-10-05");
  }
  return text;
}

void RowReader::read_unit(Price& row) const {
  const std::string_view text = cell(Name::unit);
  if (text.starts_with(kLabelMark) && text.size() > kLabelMark.size()) {
    row.unit = PriceUnit::label;
    row.unit_label = text.substr(kLabelMark.size());
    return;
  }
  const auto known = price_unit(text);
  if (!known || *known == PriceUnit::label) {
    fail(Name::unit, shown(text) +
                         " is not a unit; use second, output_second, input_second, video, task, "
                         "mtoken, sr_mtoken, unit, credit, quota or label:NAME");
  }
  row.unit = *known;
}

void RowReader::read_bounds(Price& row) const {
  row.min_sr = number(Name::min_sr);
  row.max_sr = number(Name::max_sr);
  if (row.min_sr && row.max_sr && *row.max_sr < *row.min_sr) {
    fail(Name::max_sr, "it is less than min_sr, so the row matches nothing");
  }
  row.valid_from = day(Name::valid_from);
  row.valid_to = day(Name::valid_to);
  if (!row.valid_from.empty() && !row.valid_to.empty() && row.valid_to < row.valid_from) {
    fail(Name::valid_to, "it is before valid_from, so the row matches nothing");
  }
}

void RowReader::read_quantities(Price& row) const {
  row.from_quantity = number(Name::from_quantity);
  row.to_quantity = number(Name::to_quantity);
  if (row.to_quantity && *row.to_quantity <= row.from_quantity.value_or(Decimal())) {
    fail(Name::to_quantity, "it is not more than from_quantity, so the tier has nothing");
  }
}

void RowReader::read_price(Price& row) const {
  const auto amount = number(Name::price);
  if (!amount) {
    fail(Name::price, "the price is missing");
  }
  row.price = row.list_price = *amount;
  std::string_view text = cell(Name::discount);
  if (text.empty()) {
    return;
  }
  constexpr int kWhole = 100;
  constexpr int kWholePlaces = 2;
  const auto percent = text.ends_with('%')
                           ? Decimal::parse(trim_ascii(text.substr(0, text.size() - 1)))
                           : std::nullopt;
  if (!percent || percent->is_negative() || Decimal(kWhole) < *percent) {
    fail(Name::discount, shown(text) + " is not a percentage from 0% to 100%, such as 12.5%");
  }
  row.discount = *percent;
  try {
    row.price = *amount * (Decimal(kWhole) - *percent).divided_by_power_of_ten(kWholePlaces);
  } catch (const UsageError&) {
    throw;
  } catch (const Error&) {
    fail(Name::discount, "the price less the discount has more than 38 digits");
  }
}

void RowReader::read_conditions(Price& row) const {
  for (const auto& [subject, place] : columns_.conditions()) {
    if (cell(place).empty()) {
      continue;
    }
    auto condition = PriceCondition::parse(subject, cell(place));
    if (!condition) {
      fail(subject.name, shown(cell(place)) +
                             " is not a number, a range or a comparison; use 5, 5..10, >0, >=5, "
                             "<10 or <=10");
    }
    row.conditions.push_back(std::move(*condition));
  }
}

Price RowReader::price_row() const {
  Price row;
  row.line = row_.line;
  row.model = cell(Name::model);
  if (row.model.empty()) {
    fail(Name::model, "the model is missing; `*` stands for all");
  }
  read_unit(row);
  read_bounds(row);
  read_quantities(row);
  read_price(row);
  row.currency = cell(Name::currency);
  if (!is_currency(row.currency)) {
    fail(Name::currency, shown(row.currency) + " is not an ISO 4217 code such as USD");
  }
  row.minimum = positive(Name::minimum);
  row.round_up = positive(Name::round_up);
  read_conditions(row);
  row.note = cell(Name::note);
  return row;
}

}  // namespace

void PriceColumns::add(const std::string& cell, std::size_t place) {
  const std::string word = lower_ascii(cell);
  if (const auto* known = std::find(kColumns.begin(), kColumns.end(), word);
      known != kColumns.end()) {
    std::size_t& own = places_.at(static_cast<std::size_t>(known - kColumns.begin()));
    if (own != kAbsent) {
      throw UsageError("the column " + word + " occurs twice");
    }
    own = place;
    return;
  }
  auto subject = price_subject(cell);
  if (!subject) {
    throw UsageError(shown(cell) +
                     " is not a column of a price book; conditions are account, label:NAME and the "
                     "facts of a report such as action, ratio and input_seconds");
  }
  if (std::any_of(conditions_.begin(), conditions_.end(), [&subject](const Condition& other) {
        return other.subject.name == subject->name;
      })) {
    throw UsageError("the column " + subject->name + " occurs twice");
  }
  conditions_.push_back({std::move(*subject), place});
}

PriceColumns::PriceColumns(const CsvRow& header, const std::string& file) {
  const std::string where = "price book " + file + ", line " + std::to_string(header.line) + ": ";
  places_.fill(kAbsent);
  try {
    for (std::size_t i = 0; i < header.fields.size(); ++i) {
      add(std::string(trim_ascii(header.fields[i])), i);
    }
  } catch (const UsageError& failure) {
    throw UsageError(where + failure.what());
  }
  for (const Name needed : {Name::model, Name::unit, Name::price, Name::currency}) {
    if (place(needed) == kAbsent) {
      throw UsageError(where + "the column " + std::string(text_of(needed)) +
                       " is missing; the header is " + std::string(PriceBook::kHeader));
    }
  }
}

Price read_price(const CsvRow& row, const PriceColumns& columns, const std::string& file) {
  return RowReader(file, columns, row).price_row();
}

bool has_text_from(const CsvRow& row, std::size_t from) {
  const auto behind =
      row.fields.begin() + static_cast<std::ptrdiff_t>(std::min(from, row.fields.size()));
  return std::any_of(behind, row.fields.end(),
                     [](std::string_view cell) { return !trim_ascii(cell).empty(); });
}

}  // namespace core
