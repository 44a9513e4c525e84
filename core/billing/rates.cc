#include "core/billing/rates.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/billing/period.h"
#include "core/billing/price_book.h"
#include "core/billing/price_rows.h"
#include "core/error.h"
#include "core/text/ascii.h"
#include "core/text/csv.h"
#include "core/text/printable.h"

namespace core {
namespace {

using std::chrono::sys_days;

enum class RateColumn : std::size_t { date, from, to, rate, source };
constexpr std::array<std::string_view, 5> kRateColumns = {"date", "from", "to", "rate", "source"};
using RatePlaces = std::array<std::optional<std::size_t>, kRateColumns.size()>;

std::string shown_cell(std::string_view cell) {
  constexpr std::size_t kShownMax = 100;
  return "'" + printable(cell, kShownMax) + "'";
}

std::string in_line(const std::string& file, const CsvRow& row) {
  return "rates " + file + ", line " + std::to_string(row.line);
}

RatePlaces places_of(const CsvRow& header, const std::string& file) {
  RatePlaces places{};
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    const std::string word = lower_ascii(trim_ascii(header.fields[i]));
    const auto* known = std::find(kRateColumns.begin(), kRateColumns.end(), word);
    auto* own = known == kRateColumns.end()
                    ? nullptr
                    : &places.at(static_cast<std::size_t>(known - kRateColumns.begin()));
    if (own == nullptr || *own) {
      throw UsageError(in_line(file, header) + ": the column " + shown_cell(word) +
                       (own == nullptr ? " is unknown" : " occurs twice") +
                       "; the header is date,from,to,rate,source");
    }
    *own = i;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(RateColumn::source); ++i) {
    if (!places.at(i)) {
      throw UsageError(in_line(file, header) + ": the column " + std::string(kRateColumns.at(i)) +
                       " is missing; the header is date,from,to,rate,source");
    }
  }
  return places;
}

// One row, for messages that name the place.
class RateRow {
 public:
  RateRow(const std::string& file, const RatePlaces& places, const CsvRow& row)
      : file_(file), places_(places), row_(row) {}

  [[nodiscard]] std::string_view cell(RateColumn column) const {
    const auto place = places_.at(static_cast<std::size_t>(column));
    return place && *place < row_.fields.size() ? trim_ascii(row_.fields[*place])
                                                : std::string_view();
  }
  [[noreturn]] void fail(RateColumn column, const std::string& why) const {
    throw UsageError(in_line(file_, row_) + ", column " +
                     std::string(kRateColumns.at(static_cast<std::size_t>(column))) + ": " + why);
  }
  // A day or a month.
  [[nodiscard]] Period date() const {
    static const TimeZone kUtc("UTC");
    const std::string_view text = cell(RateColumn::date);
    try {
      Period period = parse_period(text, kUtc);
      if (period.length == PeriodLength::day || period.length == PeriodLength::month) {
        return period;
      }
    } catch (const UsageError&) {
      // told below, as a date of another form is
    }
    fail(RateColumn::date,
         shown_cell(text) + " is neither a day such as 2026-10-05 nor a month such as 2026-10");
  }
  [[nodiscard]] std::string currency(RateColumn column) const {
    const std::string_view text = cell(column);
    if (!is_currency(text)) {
      fail(column, shown_cell(text) + " is not an ISO 4217 code such as USD");
    }
    return std::string(text);
  }
  [[nodiscard]] Decimal rate() const {
    const auto rate = Decimal::parse(cell(RateColumn::rate));
    if (!rate || rate->is_negative() || rate->is_zero()) {
      fail(RateColumn::rate,
           shown_cell(cell(RateColumn::rate)) + " is not a decimal number above 0 such as 0.9231");
    }
    return *rate;
  }

 private:
  const std::string& file_;
  const RatePlaces& places_;
  const CsvRow& row_;
};

ReadBytes bytes_of(std::string_view text) {
  return [rest = text](char* buffer, std::size_t size) mutable {
    const std::size_t count = rest.copy(buffer, size);
    rest.remove_prefix(count);
    return count;
  };
}

// Calls `visit` with each row that is not blank, the header first.
template <typename Visit>
void each_row(std::string_view text, const std::string& file, Visit visit) {
  CsvReader reader(bytes_of(text));
  if (const std::string_view format = reader.foreign_format(); !format.empty()) {
    throw UsageError("rates " + file + " is " + std::string(format) +
                     ", not a table of rates; save it as CSV (UTF-8)");
  }
  reader.detect_delimiter();
  CsvRow row;
  while (reader.next(row)) {
    if (row.kind != CsvRow::Kind::fields) {
      throw UsageError(in_line(file, row) +
                       ": the row is too long, or a quote opened there is never closed");
    }
    if (has_text_from(row, 0)) {
      visit(row);
    }
  }
}

}  // namespace

Rates Rates::parse(std::string text, const std::string& billing_currency, const std::string& file) {
  Rates rates;
  std::optional<RatePlaces> places;
  std::size_t width = 0;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  each_row(text, file, [&](const CsvRow& row) {
    if (!places) {
      places = places_of(row, file);
      width = row.fields.size();
      return;
    }
    const RateRow cells(file, *places, row);
    if (has_text_from(row, width) || seen.size() == kRowsMax) {
      throw UsageError(in_line(file, row) +
                       ": more cells than the header has columns (0,92 is two: write 0.92), or "
                       "more than 100000 rows");
    }
    const Period date = cells.date();
    const std::string from = cells.currency(RateColumn::from);
    const std::string to = cells.currency(RateColumn::to);
    Rate rate{date.name, cells.rate(), std::string(cells.cell(RateColumn::source))};
    if (!seen.emplace(date.name, from, to).second) {
      cells.fail(RateColumn::date,
                 "a row above has the rate of " + date.name + " from " + from + " to " + to);
    }
    if (to == billing_currency) {
      OfCurrency& own = rates.currencies_[from];
      (date.length == PeriodLength::day ? own.days : own.months)
          .emplace(std::chrono::floor<std::chrono::days>(date.begin), std::move(rate));
    }
  });
  if (rates.currencies_.empty()) {
    throw UsageError("rates " + file + ": no row leads to " + billing_currency +
                     "; the header is date,from,to,rate,source, and `to` is the billing currency");
  }
  rates.text_ = std::move(text);
  rates.billing_currency_ = billing_currency;
  return rates;
}

const Rate* Rates::find(std::string_view from, sys_days day) const {
  const auto own = currencies_.find(from);
  if (own == currencies_.end()) {
    return nullptr;
  }
  const auto& [days, months] = own->second;
  if (const auto behind = days.upper_bound(day); behind != days.begin()) {
    const auto& [date, rate] = *std::prev(behind);
    if (day - date <= std::chrono::days(kDaysMax)) {
      return &rate;
    }
  }
  const std::chrono::year_month_day date(day);
  const auto month = months.find(sys_days(date.year() / date.month() / 1));
  return month == months.end() ? nullptr : &month->second;
}

}  // namespace core
