#include "core/domain/money.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "core/error.h"
#include "core/text/ascii.h"

namespace core {
namespace {

using Coefficient = Decimal::Coefficient;

// All powers of ten up to this exponent fit into a Coefficient.
constexpr int kPowerMax = 38;
constexpr int kTen = 10;

[[noreturn]] void throw_overflow() {
  throw Error(
      "a sum or an amount has more than 38 digits, so it cannot be exact; look for huge counts and "
      "costs in a report of fewer days, and check the price book");
}

Coefficient checked_multiply(Coefficient left, Coefficient right) {
  Coefficient product = 0;
  if (__builtin_mul_overflow(left, right, &product)) {
    throw_overflow();
  }
  return product;
}

Coefficient absolute(Coefficient number) { return number < 0 ? -number : number; }

Coefficient power_of_ten(int exponent) {
  if (exponent > kPowerMax) {
    throw_overflow();
  }
  Coefficient power = 1;
  for (int i = 0; i < exponent; ++i) {
    power *= kTen;
  }
  return power;
}

// Rounded half to even.
Coefficient half_even_quotient(Coefficient number, Coefficient divisor) {
  Coefficient quotient = number / divisor;
  const Coefficient rest = absolute(number % divisor);
  const Coefficient missing = absolute(divisor) - rest;  // to the next multiple, away from 0
  if (rest > missing || (rest == missing && quotient % 2 != 0)) {
    quotient += (number < 0) == (divisor < 0) ? 1 : -1;
  }
  return quotient;
}

// Removes trailing zeros after the decimal point.
template <typename Number>
Number without_trailing_zeros(Number number, int& places) {
  while (places > 0 && number % kTen == 0) {
    number /= kTen;
    --places;
  }
  return number;
}

// Appends the digits of the absolute value, last digit first; nothing for 0. Works digit by digit
// because -2^127 has no absolute value.
template <typename Number>
void append_digits_backwards(std::string& digits, Number number) {
  for (; number != 0; number /= kTen) {
    const int digit = static_cast<int>(number % kTen);
    digits.push_back(static_cast<char>('0' + (digit < 0 ? -digit : digit)));
  }
}

}  // namespace

Decimal::Decimal(long long whole) : coefficient_(whole) {}

Decimal::Decimal(Coefficient coefficient, int places) {
  // Nearly every amount fits into a machine word, where division is ten times as fast.
  if (const auto word = static_cast<std::int64_t>(coefficient); word == coefficient) {
    coefficient_ = without_trailing_zeros(word, places);
  } else {
    coefficient_ = without_trailing_zeros(coefficient, places);
  }
  places_ = places;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) {
    text.remove_prefix(1);
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : "";
  std::string_view whole = text.substr(0, point);
  if (whole.empty() || (point < text.size() && fraction.empty())) {
    return std::nullopt;
  }
  if (!std::all_of(whole.begin(), whole.end(), is_ascii_digit) ||
      !std::all_of(fraction.begin(), fraction.end(), is_ascii_digit)) {
    return std::nullopt;
  }
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  const std::size_t last = fraction.find_last_not_of('0');
  const std::string_view significant =
      last == std::string_view::npos ? "" : fraction.substr(0, last + 1);
  if (whole.size() > kWholeDigitsMax || significant.size() > kPlacesMax) {
    return std::nullopt;
  }
  Coefficient coefficient = 0;
  for (const std::string_view digits : {whole, significant}) {
    for (const char digit : digits) {
      coefficient = coefficient * kTen + (digit - '0');
    }
  }
  return Decimal(negative ? -coefficient : coefficient, static_cast<int>(significant.size()));
}

Decimal Decimal::from_text(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  Coefficient coefficient = 0;
  int places = 0;
  bool behind_point = false;
  for (const char one : digits) {
    if (one == '.' && !behind_point) {
      behind_point = true;
      continue;
    }
    if (!is_ascii_digit(one) ||
        __builtin_add_overflow(checked_multiply(coefficient, kTen),
                               static_cast<Coefficient>(one - '0'), &coefficient)) {
      throw Error("`" + std::string(text) + "` is not an amount");
    }
    places += behind_point ? 1 : 0;
  }
  if (digits.empty() || !is_ascii_digit(digits.front()) || !is_ascii_digit(digits.back())) {
    throw Error("`" + std::string(text) + "` is not an amount");
  }
  return {negative ? -coefficient : coefficient, places};
}

Decimal Decimal::divided_by_power_of_ten(int exponent) const {
  return {coefficient_, coefficient_ == 0 ? 0 : places_ + exponent};
}

std::optional<Decimal> Decimal::exact_reciprocal() const {
  constexpr int kReciprocalPlacesMax = 24;
  if (coefficient_ <= 0 || places_ > 0) {
    return std::nullopt;
  }
  for (int places = 0; places <= kReciprocalPlacesMax; ++places) {
    if (power_of_ten(places) % coefficient_ == 0) {
      return Decimal(power_of_ten(places) / coefficient_, places);
    }
  }
  return std::nullopt;
}

Decimal Decimal::rounded_up_to(const Decimal& step) const {
  const int places = std::max(places_, step.places_);
  const Coefficient own = checked_multiply(coefficient_, power_of_ten(places - places_));
  const Coefficient unit = checked_multiply(step.coefficient_, power_of_ten(places - step.places_));
  const Coefficient steps = own / unit + (own % unit == 0 ? 0 : 1);
  return {checked_multiply(steps, unit), places};
}

Decimal Decimal::divided(const Decimal& divisor, int places) const {
  assert(!divisor.is_zero());
  const int shift = places + divisor.places_ - places_;
  const Coefficient own = checked_multiply(coefficient_, power_of_ten(std::max(shift, 0)));
  const Coefficient parts =
      checked_multiply(divisor.coefficient_, power_of_ten(std::max(-shift, 0)));
  return {half_even_quotient(own, parts), places};
}

Decimal Decimal::rounded(int places) const {
  if (places_ <= places) {
    return *this;
  }
  const int dropped = places_ - places;
  if (dropped > kPowerMax) {  // always less than half a unit of the last place
    return {};
  }
  return {half_even_quotient(coefficient_, power_of_ten(dropped)), places};
}

std::string Decimal::text() const {
  std::string digits;
  if (const auto word = static_cast<std::int64_t>(coefficient_); word == coefficient_) {
    append_digits_backwards(digits, word);
  } else {
    append_digits_backwards(digits, coefficient_);
  }
  const auto places = static_cast<std::size_t>(places_);
  if (digits.size() <= places) {
    digits.append(places + 1 - digits.size(), '0');
  }
  if (places > 0) {
    digits.insert(places, 1, '.');
  }
  if (coefficient_ < 0) {
    digits.push_back('-');
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Decimal& Decimal::operator+=(const Decimal& other) {
  const int places = std::max(places_, other.places_);
  const Coefficient left = checked_multiply(coefficient_, power_of_ten(places - places_));
  const Coefficient right =
      checked_multiply(other.coefficient_, power_of_ten(places - other.places_));
  Coefficient sum = 0;
  if (__builtin_add_overflow(left, right, &sum)) {
    throw_overflow();
  }
  return *this = Decimal(sum, places);
}

Decimal Decimal::operator-() const { return {checked_multiply(coefficient_, -1), places_}; }

Decimal operator*(const Decimal& left, const Decimal& right) {
  return {checked_multiply(left.coefficient_, right.coefficient_), left.places_ + right.places_};
}

std::strong_ordering operator<=>(const Decimal& left, const Decimal& right) {
  const int places = std::max(left.places_, right.places_);
  return checked_multiply(left.coefficient_, power_of_ten(places - left.places_)) <=>
         checked_multiply(right.coefficient_, power_of_ten(places - right.places_));
}

}  // namespace core
