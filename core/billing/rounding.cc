#include "core/billing/rounding.h"

#include <charconv>

#include "core/billing/currencies.h"

namespace core {
namespace {

constexpr std::string_view kByCurrency = "currency";

}  // namespace

Decimal Rounding::rounded(const Decimal& amount, std::string_view currency) const {
  if (places != kOfCurrency) {
    return amount.rounded(places);
  }
  const std::optional<int> decimals = currency_decimals(currency);
  return decimals ? amount.rounded(*decimals) : amount;
}

std::string Rounding::text() const {
  return places == kOfCurrency ? std::string(kByCurrency) : std::to_string(places);
}

std::optional<Rounding> Rounding::parse(std::string_view text) {
  if (text == kByCurrency) {
    return Rounding{};
  }
  int number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc() || end != text.end() || number < 0 || number > kPlacesMax) {
    return std::nullopt;
  }
  return Rounding{number};
}

}  // namespace core
