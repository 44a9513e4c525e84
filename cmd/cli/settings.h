// Every setting of a call with its origin: option > environment > configuration file > default.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/command_line.h"
#include "cmd/cli/config_file.h"
#include "cmd/cli/environment.h"
#include "cmd/cli/option_name.h"
#include "cmd/cli/setting_value.h"

namespace cmd {

/// Where a value comes from. `text` is for people: "--timeout", "REELTALLY_TIMEOUT",
/// "/etc/reeltally/config.toml:3", "default".
struct Origin {
  enum class Kind { option, environment, file, fallback };
  Kind kind = Kind::fallback;
  std::string text = "default";
};

struct Setting {
  const OptionSpec* option = nullptr;
  std::optional<SettingValue> value;  ///< none: not given, and there is no default
  std::string text;                   ///< the value as a command line would hold it
  Origin origin;
};

/// Immutable after `load`; any thread may read. The getters take an option's long name. A name that
/// no command has, or a getter of the wrong type, does not compile; an option of another command
/// throws std::logic_error.
class Settings {
 public:
  /// The configuration file that is tried last; tests use another one.
  static constexpr std::string_view kSystemConfig = "/etc/reeltally/config.toml";

  /// Throws core::UsageError that names the option, variable, or file and line, and says what is
  /// wrong. Only variables of the command's own options are read; every key of the file is checked.
  [[nodiscard]] static Settings load(const CommandLine& line, const Environment& environment,
                                     std::string_view system_config = kSystemConfig);

  [[nodiscard]] Command command() const { return command_; }
  /// The positional arguments.
  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }
  [[nodiscard]] const Environment& environment() const { return environment_; }

  [[nodiscard]] bool flag(FlagName name) const;
  /// For count and level options with a default. As with all getters: those of one word are for
  /// options with a default, the `given_` ones for options without.
  [[nodiscard]] std::int64_t count(CountName name) const;
  [[nodiscard]] std::int64_t size(SizeName name) const;
  [[nodiscard]] std::chrono::milliseconds duration(DurationName name) const;
  /// text, path and choice options.
  [[nodiscard]] const std::string& text(TextName name) const;
  [[nodiscard]] const std::vector<std::string>& list(ListName name) const;

  [[nodiscard]] std::optional<std::int64_t> given_count(GivenCountName name) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> given_duration(
      GivenDurationName name) const;
  [[nodiscard]] std::optional<std::string> given_text(GivenTextName name) const;

  /// Whether the value is not the default.
  [[nodiscard]] bool is_given(AnyName name) const;
  /// "--timeout", "REELTALLY_TIMEOUT", "FILE:3": for messages about a value.
  [[nodiscard]] const Origin& origin(AnyName name) const;

  /// All settings of the command (for `config`: of every command), in the order of the option
  /// table.
  [[nodiscard]] const std::vector<Setting>& all() const { return settings_; }
  /// The configuration file that was read; its path is empty if there is none.
  [[nodiscard]] const ConfigFile& file() const { return file_; }

 private:
  Settings() = default;

  Command command_ = Command::config;
  std::vector<std::string> arguments_;
  Environment environment_;
  ConfigFile file_;
  std::vector<Setting> settings_;
};

/// One line for each REELTALLY_ variable that is not a setting.
[[nodiscard]] std::vector<std::string> unknown_variables(const Environment& environment);

/// The origin of a value in the file.
[[nodiscard]] Origin file_origin(const ConfigFile& file, int line);

}  // namespace cmd
