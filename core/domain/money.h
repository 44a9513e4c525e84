// Exact decimals for amounts and quantities: no floating point anywhere near money.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// A decimal of up to 38 digits. Arithmetic is exact or throws core::Error (overflow); equal values
/// are equal whatever they were written like ("5.0" is "5").
class Decimal {
 public:
  __extension__ using Coefficient = __int128;

  Decimal() = default;
  explicit Decimal(long long whole);

  /// Digits before and behind the point that `parse` takes: those of a 64-bit integer and of a
  /// double, as JSON has them, and no 1,000 of the largest overflow in a sum.
  static constexpr int kWholeDigitsMax = 18;
  static constexpr int kPlacesMax = 16;

  /// A sign at most, digits, and a point between digits. None for anything else: blanks,
  /// exponents, too many digits.
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view text);

  /// What `text` made, whatever its length. Throws core::Error for anything else.
  [[nodiscard]] static Decimal from_text(std::string_view text);

  [[nodiscard]] Decimal divided_by_power_of_ten(int exponent) const;
  /// Half to even, e.g. 0.125 to 2 places is 0.12.
  [[nodiscard]] Decimal rounded(int places) const;
  /// Without an exponent, trailing zeros or a needless point.
  [[nodiscard]] std::string text() const;
  /// Digits behind the point.
  [[nodiscard]] int places() const { return places_; }
  [[nodiscard]] bool is_negative() const { return coefficient_ < 0; }
  [[nodiscard]] bool is_zero() const { return coefficient_ == 0; }

  Decimal& operator+=(const Decimal& other);
  [[nodiscard]] Decimal operator-() const;
  friend Decimal operator+(Decimal left, const Decimal& right) { return left += right; }
  friend Decimal operator-(Decimal left, const Decimal& right) { return left += -right; }
  friend Decimal operator*(const Decimal& left, const Decimal& right);
  friend bool operator==(const Decimal& left, const Decimal& right) {
    return left.coefficient_ == right.coefficient_ && left.places_ == right.places_;
  }
  friend std::strong_ordering operator<=>(const Decimal& left, const Decimal& right);

 private:
  Decimal(Coefficient coefficient, int places);

  // Without trailing zeros behind the point, so that equal values have equal members.
  Coefficient coefficient_ = 0;
  int places_ = 0;
};

}  // namespace core
