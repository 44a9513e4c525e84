// Exact decimals for amounts and quantities: money never uses floating point.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// A decimal of up to 38 digits. Arithmetic is exact or throws core::Error (overflow); equal values
/// compare equal however they were written ("5.0" is "5").
class Decimal {
 public:
  __extension__ using Coefficient = __int128;

  Decimal() = default;
  explicit Decimal(long long whole);

  /// Digits before and after the point that `parse` accepts: those of a 64-bit integer and of a
  /// double, as in JSON. A sum of 1,000 of the largest does not overflow.
  static constexpr int kWholeDigitsMax = 18;
  static constexpr int kPlacesMax = 16;

  /// Accepts an optional sign, digits, and a point between digits. None for anything else: blanks,
  /// exponents, too many digits.
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view text);

  /// Reads any output of `text`, however long. Throws core::Error for anything else.
  [[nodiscard]] static Decimal from_text(std::string_view text);

  [[nodiscard]] Decimal divided_by_power_of_ten(int exponent) const;
  /// The quotient, rounded half to even to `places` digits after the point. `divisor` is not 0.
  [[nodiscard]] Decimal divided(const Decimal& divisor, int places) const;
  /// 1 / this; none if that has no end: 500000 gives 0.000002, 3 none. Only of positive whole
  /// numbers.
  [[nodiscard]] std::optional<Decimal> exact_reciprocal() const;
  /// The least multiple of `step` that is not less. Neither is negative, and `step` is not 0.
  [[nodiscard]] Decimal rounded_up_to(const Decimal& step) const;
  /// Rounds half to even: 0.125 to 2 places is 0.12.
  [[nodiscard]] Decimal rounded(int places) const;
  /// Without an exponent, trailing zeros or a needless point.
  [[nodiscard]] std::string text() const;
  /// Digits after the point.
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

  // Without trailing zeros after the point, so that equal values have equal members.
  Coefficient coefficient_ = 0;
  int places_ = 0;
};

}  // namespace core
