// What a period is closed with beside its price book: how amounts are rounded and converted, and
// what customers pay.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/billing/price_book.h"
#include "core/billing/rates.h"
#include "core/billing/rounding.h"

namespace core {

/// A price book with its bytes, to which another number of quota per unit is added.
struct PriceFile {
  std::string text;
  PriceBook book;
};

struct Terms {
  std::optional<Rounding> rounding{};
  std::optional<Rates> rates{};
  std::optional<PriceFile> resale{};  ///< what customers pay

  [[nodiscard]] bool are_none() const { return !rounding && !rates && !resale; }
};

/// The bytes of a price book, with the terms in comment lines behind it: the book of a closed
/// period. Without terms the bytes are unchanged.
[[nodiscard]] std::string with_terms(std::string book, const Terms& terms);

/// The terms of such bytes. Throws core::Error if they are damaged.
[[nodiscard]] Terms terms_of(std::string_view book);

}  // namespace core
