// Option names in our own code, checked at compile time.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

#include "cmd/cli/option_table.h"

namespace cmd {

namespace option_kinds {

constexpr bool is_any(const OptionSpec& /*row*/) { return true; }
constexpr bool is_flag(const OptionSpec& row) { return row.type == OptionType::flag; }
constexpr bool is_count(const OptionSpec& row) {
  return row.type == OptionType::count || row.type == OptionType::level;
}
constexpr bool is_size(const OptionSpec& row) { return row.type == OptionType::size; }
constexpr bool is_duration(const OptionSpec& row) { return row.type == OptionType::duration; }
constexpr bool is_list(const OptionSpec& row) { return row.repeatable; }
constexpr bool is_text(const OptionSpec& row) {
  return !is_list(row) && (row.type == OptionType::text || row.type == OptionType::path ||
                           row.type == OptionType::choice);
}

template <bool (*kFits)(const OptionSpec&)>
constexpr bool with_default(const OptionSpec& row) {
  return kFits(row) && !row.default_value.empty();
}
template <bool (*kFits)(const OptionSpec&)>
constexpr bool without_default(const OptionSpec& row) {
  return kFits(row) && row.default_value.empty();
}

}  // namespace option_kinds

/// The long name of an option for which `kFits` holds in some row of the table: a literal that is
/// not such a name does not compile.
template <bool (*kFits)(const OptionSpec&)>
class OptionName {
 public:
  // Implicit, so that callers write settings.flag("wait").
  consteval OptionName(const char* name)  // NOLINT(google-explicit-constructor)
      : name_(name) {
    if (!names_one(name_)) {
      no_option_has_this_name_and_type();
    }
  }
  /// A name for a typed getter is also an AnyName. (Types are compared, not functions, because gcc
  /// does not treat functions as constants when the sanitizers are on: PR 71962.)
  template <bool (*kOther)(const OptionSpec&)>
  constexpr OptionName(OptionName<kOther> other)  // NOLINT(google-explicit-constructor)
      requires(std::is_same_v<OptionName, OptionName<option_kinds::is_any>>)
      : name_(other.text()) {}
  /// Whether the name would compile.
  [[nodiscard]] static constexpr bool names_one(std::string_view name) {
    return std::any_of(kOptionRows.begin(), kOptionRows.end(),
                       [name](const OptionSpec& row) { return row.name == name && kFits(row); });
  }

  [[nodiscard]] constexpr std::string_view text() const { return name_; }
  /// As a user writes it: "--wait".
  [[nodiscard]] std::string dashed() const { return "--" + std::string(name_); }

 private:
  // Not constexpr: the compiler's message about a wrong name shows what this is called.
  static void no_option_has_this_name_and_type() {}

  std::string_view name_;
};

/// What each getter of Settings takes.
using AnyName = OptionName<option_kinds::is_any>;
using FlagName = OptionName<option_kinds::is_flag>;
using CountName = OptionName<option_kinds::with_default<option_kinds::is_count>>;
using SizeName = OptionName<option_kinds::with_default<option_kinds::is_size>>;
using DurationName = OptionName<option_kinds::with_default<option_kinds::is_duration>>;
using TextName = OptionName<option_kinds::with_default<option_kinds::is_text>>;
using ListName = OptionName<option_kinds::is_list>;
using GivenCountName = OptionName<option_kinds::without_default<option_kinds::is_count>>;
using GivenDurationName = OptionName<option_kinds::without_default<option_kinds::is_duration>>;
using GivenTextName = OptionName<option_kinds::without_default<option_kinds::is_text>>;

/// The default of an option that `command` has, as a user would write it.
[[nodiscard]] inline std::string default_text(Command command, AnyName name) {
  return std::string(find_option(command, name.text())->default_value);
}

}  // namespace cmd
