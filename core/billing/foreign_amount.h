// Amounts as people, gateways and spreadsheets write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/domain/money.h"

namespace core {

/// An amount with what was written beside it.
struct ForeignAmount {
  std::optional<Decimal> amount;  ///< none: not read
  std::string currency;           ///< ISO 4217, by a sign, a name or a code; empty: none is written
  std::string_view also{};  ///< another code that its sign stands for: JPY for `¥`, "*" for `$`
  bool ambiguous = false;   ///< not read, because `1,234` may be 1234 or 1.234

  /// Whether what is written beside the amount is another currency than `code`.
  [[nodiscard]] bool contradicts(std::string_view code) const;
};

/// Which sign parts the decimals.
enum class DecimalSign {
  by_text,  ///< the last of both signs; one sign alone if it cannot part thousands
  comma,
};

/// Reads `-5`, `(0.5)`, `5-`, `1 234,50 EUR`, `¥12.3`, `$1,234.56`, `1.5e-05`; exact. Pure.
[[nodiscard]] ForeignAmount read_foreign_amount(std::string_view text, DecimalSign sign);

/// "CNY" for `RMB`, `元`, `¥`, `cny` …; the text itself for anything unknown.
[[nodiscard]] std::string currency_of_word(std::string_view word);

}  // namespace core
