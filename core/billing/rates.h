// Exchange rates from a file, by day.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/domain/money.h"

namespace core {

/// A row of the file.
struct Rate {
  std::string date;  ///< 2026-10-05, or the month 2026-10
  Decimal rate;      ///< what one of the currency `from` is in the currency `to`
  std::string source;
};

/// The rates into one billing currency. A rate counts on its own day, and until the next row of its
/// currency, but at most on the six days after it: banks publish none at weekends and on holidays.
/// The rate of a month counts on those of its days that have no other one.
class Rates {
 public:
  static constexpr std::size_t kRowsMax = 100'000;
  static constexpr int kDaysMax = 6;

  /// Reads a CSV with the columns date, from, to, rate and, if it likes, source, in any order. Rows
  /// into other currencies are checked and not kept. Throws UsageError that names `file`, line and
  /// column, also if two rows have one date and pair, or no row leads to the billing currency.
  [[nodiscard]] static Rates parse(std::string text, const std::string& billing_currency,
                                   const std::string& file);

  /// The bytes that were parsed.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& billing_currency() const { return billing_currency_; }
  /// The rate from the currency on the day; null: the file has none.
  [[nodiscard]] const Rate* find(std::string_view from, std::chrono::sys_days day) const;

 private:
  struct OfCurrency {
    std::map<std::chrono::sys_days, Rate> days;
    std::map<std::chrono::sys_days, Rate> months;  // by the first day
  };

  std::string text_;
  std::string billing_currency_;
  std::map<std::string, OfCurrency, std::less<>> currencies_;  // by `from`
};

}  // namespace core
