// The value of a setting: from the text of an option or variable to its type.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cmd/cli/options.h"

namespace cmd {

/// flag: bool; level, count and size: integer; duration: milliseconds; text, path and choice:
/// string; repeatable: list.
using SettingValue = std::variant<bool, std::int64_t, std::chrono::milliseconds, std::string,
                                  std::vector<std::string>>;

/// A value, or the reason why the text is invalid, e.g. "is not a duration (250ms, 90s, 15m, 36h,
/// 2d)".
struct ParsedValue {
  SettingValue value;
  std::string why_invalid{};  ///< empty: `value` is good
};

/// Reads one value, by the option's type and limits. A repeatable option gives a list of one.
[[nodiscard]] ParsedValue parse_value(const OptionSpec& option, std::string_view text);

/// What a value of the option looks like, for messages: "a duration (250ms, 90s, 15m, 36h, 2d)".
[[nodiscard]] std::string expectation(const OptionSpec& option);

}  // namespace cmd
