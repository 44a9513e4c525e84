// How amounts are rounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/domain/money.h"

namespace core {

/// Half to even. Only single amounts are rounded; sums add up what the lines show.
struct Rounding {
  static constexpr int kPlacesMax = 18;

  /// The decimals of the currency in ISO 4217, such as JPY 0 and KWD 3. An amount in any other
  /// code, or without one, stays exact.
  static constexpr int kOfCurrency = -1;

  int places = kOfCurrency;

  [[nodiscard]] Decimal rounded(const Decimal& amount, std::string_view currency) const;
  /// "2", or "currency"; `parse` reads it again, and gives none for any other text.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<Rounding> parse(std::string_view text);

  bool operator==(const Rounding&) const = default;
};

}  // namespace core
