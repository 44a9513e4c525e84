// The one table of options: parser, help, environment names, TOML keys, man pages and completions
// all come from it.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/commands.h"

namespace cmd {

enum class OptionType {
  flag,      ///< on or off; `--wait=false` turns it off again
  level,     ///< a flag that counts: -vv
  text,      ///< any text but an empty one
  path,      ///< a file or folder
  count,     ///< a whole number within [minimum, maximum]
  duration,  ///< milliseconds, within [minimum, maximum]
  size,      ///< bytes, within [minimum, maximum]
  choice,    ///< one of `choices`
};

enum class OptionGroup {
  input,
  choosing,
  queries,
  gateway,
  videos,
  pages,
  period,
  money,
  output,
  ledger,
  monitoring,
  common,
};

/// Where an option may be set. Options for one call only (--help, report's -o) are not settings.
enum class OptionScope { setting, no_file, command_line };

struct OptionSpec {
  std::string_view name;  ///< without the dashes; also the TOML key
  char letter = 0;        ///< 0: has no short form
  OptionType type = OptionType::flag;
  std::string_view argument{};       ///< placeholder in help; empty for flags
  std::string_view default_value{};  ///< as a user would write it; empty: none
  std::string_view default_note{};   ///< shown instead of a default that is not a fixed value
  OptionGroup group = OptionGroup::common;
  CommandSet commands{};
  std::string_view help;       ///< one or two sentences
  std::string_view choices{};  ///< "text|json"
  /// What completions offer for a text, like `choices`; others are accepted, too.
  std::string_view suggestions{};
  std::int64_t minimum = 0;
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  OptionScope scope = OptionScope::setting;
  bool secret = false;  ///< never printed
  /// Names a program, a key, or where the key is sent: refused in a file that others can write.
  bool needs_trust = false;
  bool repeatable = false;  ///< a list
  CommandSet unlisted{};    ///< accepted there, in a rare case: no text names it
};

/// Every option of every command. A name may have several rows, for different commands.
[[nodiscard]] std::span<const OptionSpec> option_table();
/// The option of that name that the command has; null when it has none.
[[nodiscard]] const OptionSpec* find_option(Command command, std::string_view name);
/// The same for its short form.
[[nodiscard]] const OptionSpec* find_option(Command command, char letter);
/// The first row of that name that is a setting; null when there is none.
[[nodiscard]] const OptionSpec* find_setting(std::string_view name);

/// "Input", "Videos" …
[[nodiscard]] std::string_view title(OptionGroup group);
/// Every group, in the order of help.
[[nodiscard]] std::span<const OptionGroup> option_groups();
/// "REELTALLY_DOWNLOAD_CONCURRENCY" for "download-concurrency".
[[nodiscard]] std::string environment_name(std::string_view option_name);
/// The choices of a choice option, one by one.
[[nodiscard]] std::vector<std::string_view> choices_of(const OptionSpec& option);
/// The suggestions of a text option, one by one.
[[nodiscard]] std::vector<std::string_view> suggestions_of(const OptionSpec& option);
[[nodiscard]] bool takes_value(OptionType type);
/// Whether help, manual pages and completions of the command have the option.
[[nodiscard]] bool is_listed(const OptionSpec& option, Command command);

}  // namespace cmd
