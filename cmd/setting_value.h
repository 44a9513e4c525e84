// A setting's value: from the text of an option or variable to its type.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cmd/options.h"

namespace cmd {

/// flag: bool; level, count and size: integer; duration: milliseconds; text, path and choice:
/// string; repeatable: list.
using SettingValue = std::variant<bool, std::int64_t, std::chrono::milliseconds, std::string,
                                  std::vector<std::string>>;

/// Why a text is no value for an option, e.g. "is no duration: write 250ms, 90s, 15m, 36h or 2d".
struct ValueFault {
  std::string text;
};

/// Reads one value, by the option's type and limits. A repeatable option gives a list of one.
[[nodiscard]] std::variant<SettingValue, ValueFault> parse_value(const OptionSpec& option,
                                                                 std::string_view text);

/// What a value of the option looks like, for messages: "a duration (250ms, 90s, 15m, 36h, 2d)".
[[nodiscard]] std::string expectation(const OptionSpec& option);

}  // namespace cmd
