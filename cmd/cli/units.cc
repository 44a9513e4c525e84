#include "cmd/cli/units.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "core/text/ascii.h"

namespace cmd {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 5> kDurationUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

constexpr std::int64_t kKibi = 1024;
constexpr std::int64_t kKilo = 1000;
constexpr std::array<Unit, 14> kSizeUnits{{{"", 1},
                                           {"b", 1},
                                           {"k", kKibi},
                                           {"kib", kKibi},
                                           {"kb", kKilo},
                                           {"m", kKibi* kKibi},
                                           {"mib", kKibi* kKibi},
                                           {"mb", kKilo* kKilo},
                                           {"g", kKibi* kKibi* kKibi},
                                           {"gib", kKibi* kKibi* kKibi},
                                           {"gb", kKilo* kKilo* kKilo},
                                           {"t", kKibi* kKibi* kKibi* kKibi},
                                           {"tib", kKibi* kKibi* kKibi* kKibi},
                                           {"tb", kKilo* kKilo* kKilo* kKilo}}};

// A decimal number: `whole` and up to three digits of a fraction in thousandths.
struct Decimal {
  std::int64_t whole = 0;
  std::int64_t thousandths = 0;
};

// Takes a number off the front of the text.
std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal number;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number.whole);
  if (error != std::errc() || text.empty() || !core::is_ascii_digit(text.front())) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  if (text.empty() || text.front() != '.') {
    return number;
  }
  text.remove_prefix(1);
  constexpr int kFractionDigitsMax = 3;
  int digits = 0;
  for (; digits < kFractionDigitsMax && !text.empty() && core::is_ascii_digit(text.front());
       ++digits) {
    number.thousandths = number.thousandths * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) {
    return std::nullopt;
  }
  for (; digits < kFractionDigitsMax; ++digits) {
    number.thousandths *= 10;
  }
  return number;
}

// `number * factor`, rounded down; none if it exceeds the range of the type.
std::optional<std::int64_t> scaled(const Decimal& number, std::int64_t factor) {
  constexpr std::int64_t kThousandths = 1000;
  std::int64_t whole = 0;
  std::int64_t sum = 0;
  // In two steps, because thousandths of a tebibyte times a thousand still fit.
  const std::int64_t part = factor / kThousandths * number.thousandths +
                            factor % kThousandths * number.thousandths / kThousandths;
  if (__builtin_mul_overflow(number.whole, factor, &whole)) {
    return std::nullopt;
  }
  if (__builtin_add_overflow(whole, part, &sum)) {
    return std::nullopt;
  }
  return sum;
}

// Takes the letters off the front of the text, in lower case.
std::string take_letters(std::string_view& text) {
  std::string letters;
  while (!text.empty() && !core::is_ascii_digit(text.front()) && text.front() != '.') {
    letters.push_back(core::lower_ascii(text.front()));
    text.remove_prefix(1);
  }
  return letters;
}

std::string two_parts(std::int64_t large, const char* large_unit, std::int64_t small,
                      const char* small_unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%lld%s %02lld%s", static_cast<long long>(large),
                large_unit, static_cast<long long>(small), small_unit);
  return text.data();
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") {
    return std::chrono::milliseconds{0};
  }
  std::int64_t total = 0;
  std::size_t next_unit = 0;  // units descend: 1h30m, never 30m1h
  do {
    const auto number = take_decimal(text);
    if (!number) {
      return std::nullopt;
    }
    const std::string name = take_letters(text);
    while (next_unit < kDurationUnits.size() && kDurationUnits[next_unit].name != name) {
      ++next_unit;
    }
    if (next_unit == kDurationUnits.size()) {
      return std::nullopt;
    }
    const auto part = scaled(*number, kDurationUnits[next_unit].factor);
    if (!part || __builtin_add_overflow(total, *part, &total)) {
      return std::nullopt;
    }
    ++next_unit;
  } while (!text.empty());
  if (total > kDurationMax.count()) {
    return std::nullopt;
  }
  return std::chrono::milliseconds{total};
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto number = take_decimal(text);
  if (!number) {
    return std::nullopt;
  }
  const std::string name = take_letters(text);
  if (!text.empty()) {
    return std::nullopt;
  }
  for (const Unit& unit : kSizeUnits) {
    if (unit.name == name) {
      return scaled(*number, unit.factor);
    }
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::milliseconds duration) {
  const std::int64_t total_ms = duration.count();
  if (total_ms <= 0) {
    return "0s";
  }
  if (total_ms < 1000) {
    return std::to_string(total_ms) + "ms";
  }
  const std::int64_t seconds = total_ms / 1000;
  if (seconds < 60) {
    return std::to_string(seconds) + "s";
  }
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60) {
    return two_parts(minutes, "m", seconds % 60, "s");
  }
  const std::int64_t hours = minutes / 60;
  if (hours < 24) {
    return two_parts(hours, "h", minutes % 60, "m");
  }
  return two_parts(hours / 24, "d", hours % 24, "h");
}

std::string format_size(std::int64_t bytes) {
  if (bytes <= 0) {
    return "0 B";
  }
  constexpr std::array<const char*, 7> kNames{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t name = 0;
  double value = static_cast<double>(bytes);
  // 1023.95 would round to 1024.0: it is the next unit's 1.0.
  while (value >= 1023.95 && name + 1 < kNames.size()) {
    value /= 1024;
    ++name;
  }
  std::array<char, 32> text{};
  const int digits = name == 0 || value >= 99.95 ? 0 : 1;
  std::snprintf(text.data(), text.size(), "%.*f %s", digits, value, kNames[name]);
  return text.data();
}

std::string format_count(std::uint64_t count, std::string_view noun) {
  std::string text = std::to_string(count);
  text.append(" ").append(noun);
  return count == 1 ? text : text + "s";
}

std::optional<std::int64_t> parse_run_number(std::string_view text) {
  std::int64_t run = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), run);
  return error == std::errc() && end == text.end() && run > 0 ? std::optional(run) : std::nullopt;
}

}  // namespace cmd
