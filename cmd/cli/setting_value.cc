#include "cmd/cli/setting_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "cmd/cli/suggestion.h"
#include "cmd/cli/units.h"

namespace cmd {
namespace {

ParsedValue invalid(std::string why) { return {.value = {}, .why_invalid = std::move(why)}; }

std::optional<bool> parse_flag(std::string_view text) {
  constexpr std::array<std::string_view, 4> kOn{"true", "1", "yes", "on"};
  constexpr std::array<std::string_view, 4> kOff{"false", "0", "no", "off"};
  if (std::find(kOn.begin(), kOn.end(), text) != kOn.end()) {
    return true;
  }
  if (std::find(kOff.begin(), kOff.end(), text) != kOff.end()) {
    return false;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc() || end != text.end()) {
    return std::nullopt;
  }
  return number;
}

std::string limit_text(const OptionSpec& option, std::int64_t limit) {
  if (option.type == OptionType::duration) {
    return std::to_string(limit) + "ms";
  }
  return std::to_string(limit);
}

std::optional<ParsedValue> out_of_range(const OptionSpec& option, std::int64_t number) {
  if (number < option.minimum) {
    return invalid("is too small: " + limit_text(option, option.minimum) + " at least");
  }
  if (number > option.maximum) {
    return invalid("is too large: " + limit_text(option, option.maximum) + " at most");
  }
  return std::nullopt;
}

ParsedValue parse_number(const OptionSpec& option, std::string_view text) {
  const auto number = option.type == OptionType::size ? parse_size(text) : parse_integer(text);
  if (!number) {
    return invalid("is not " + expectation(option));
  }
  if (auto wrong = out_of_range(option, *number)) {
    return std::move(*wrong);
  }
  return {.value = *number};
}

ParsedValue parse_level(const OptionSpec& option, std::string_view text) {
  const auto number = parse_integer(text);
  if (number) {
    return parse_number(option, text);
  }
  const auto on = parse_flag(text);
  if (!on) {
    return invalid("is not " + expectation(option));
  }
  return {.value = std::int64_t{*on ? 1 : 0}};
}

ParsedValue parse_time(const OptionSpec& option, std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return invalid("is not " + expectation(option));
  }
  if (auto wrong = out_of_range(option, duration->count())) {
    return std::move(*wrong);
  }
  return {.value = *duration};
}

ParsedValue parse_text(const OptionSpec& option, std::string_view text) {
  if (text.empty()) {
    return invalid("is empty: it needs a value");
  }
  // The file system and execve would silently cut the text at a zero byte.
  if (text.find('\0') != std::string_view::npos) {
    return invalid("holds a NUL byte");
  }
  if (option.repeatable) {
    return {.value = std::vector<std::string>{std::string(text)}};
  }
  return {.value = std::string(text)};
}

ParsedValue parse_choice(const OptionSpec& option, std::string_view text) {
  const auto choices = choices_of(option);
  if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
    return invalid("is not " + expectation(option) + did_you_mean(text, choices, ""));
  }
  return {.value = std::string(text)};
}

}  // namespace

ParsedValue parse_value(const OptionSpec& option, std::string_view text) {
  switch (option.type) {
    case OptionType::flag: {
      const auto on = parse_flag(text);
      if (!on) {
        return invalid("is not " + expectation(option));
      }
      return {.value = *on};
    }
    case OptionType::level:
      return parse_level(option, text);
    case OptionType::count:
    case OptionType::size:
      return parse_number(option, text);
    case OptionType::duration:
      return parse_time(option, text);
    case OptionType::text:
    case OptionType::path:
      return parse_text(option, text);
    case OptionType::choice:
      return parse_choice(option, text);
  }
  return invalid("is of an unknown type");
}

std::string expectation(const OptionSpec& option) {
  switch (option.type) {
    case OptionType::flag:
      return "true or false";
    case OptionType::level:
      return "a number from 0 to " + std::to_string(option.maximum);
    case OptionType::count:
      return "a whole number";
    case OptionType::size:
      return "a size (500KB, 4GiB, 10M)";
    case OptionType::duration:
      return "a duration (250ms, 90s, 15m, 36h, 2d)";
    case OptionType::text:
      return "a text";
    case OptionType::path:
      return "a path";
    case OptionType::choice: {
      std::string text = "one of";
      for (const std::string_view choice : choices_of(option)) {
        text.append(" ").append(choice);
      }
      return text;
    }
  }
  return "a value";
}

}  // namespace cmd
