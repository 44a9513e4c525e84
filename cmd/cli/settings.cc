#include "cmd/cli/settings.h"

#include <algorithm>
#include <stdexcept>

#include "cmd/cli/config_lookup.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/cli/suggestion.h"
#include "core/error.h"

namespace cmd {
namespace {

using core::UsageError;

constexpr std::size_t kAccountBytesMax = 64;

// Values of a file or of a unit's environment were not expanded by a shell: `~/` is replaced here.
void expand_home(const Environment& environment, std::string& path) {
  if (!path.starts_with("~/")) {
    return;
  }
  if (const auto home = variable(environment, "HOME")) {
    path.replace(0, 1, *home);
  }
}

SettingValue checked(const OptionSpec& option, const std::string& text, const std::string& shown) {
  auto parsed = parse_value(option, text);
  if (!parsed.why_invalid.empty()) {
    throw UsageError(shown + " " + parsed.why_invalid);
  }
  return std::move(parsed.value);
}

Setting from_default(const OptionSpec& option) {
  Setting setting{
      .option = &option, .value = {}, .text = std::string(option.default_value), .origin = {}};
  if (option.type == OptionType::flag) {
    setting.value = false;
    setting.text = "false";
  } else if (!option.default_value.empty()) {
    setting.value = checked(option, setting.text, "the default");
  }
  return setting;
}

void apply_file(Setting& setting, const ConfigFile& file, const Environment& environment) {
  if (setting.option->scope != OptionScope::setting) {
    return;
  }
  for (const FileSetting& entry : file.settings) {
    if (entry.option->name != setting.option->name) {
      continue;
    }
    setting.value = entry.value;
    setting.text = entry.text;
    setting.origin = file_origin(file, entry.line);
    auto* path = std::get_if<std::string>(&*setting.value);
    if (setting.option->type == OptionType::path) {
      expand_home(environment, *path);
    }
  }
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (end > 0) {
      parts.emplace_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

void apply_environment(Setting& setting, const Environment& environment) {
  const OptionSpec& option = *setting.option;
  if (option.scope == OptionScope::command_line) {
    return;
  }
  const std::string name = environment_name(option.name);
  auto text = variable(environment, name);
  if (!text) {
    return;
  }
  if (option.type == OptionType::path) {
    expand_home(environment, *text);
  }
  const std::string shown = option.secret ? name : name + "=" + *text;
  setting.value =
      option.repeatable ? SettingValue(split_at_commas(*text)) : checked(option, *text, shown);
  setting.text = *text;
  setting.origin = {.kind = Origin::Kind::environment, .text = name};
}

// `-vv` and `--verbose=2` both make 2.
void add_level(Setting& setting, const GivenOption& given) {
  const std::int64_t before =
      setting.origin.kind == Origin::Kind::option ? std::get<std::int64_t>(*setting.value) : 0;
  const auto more = std::get<std::int64_t>(
      checked(*given.option, given.text, "--" + std::string(given.option->name)));
  const std::int64_t level = std::min(before + more, given.option->maximum);
  setting.value = level;
  setting.text = std::to_string(level);
}

void add_to_list(Setting& setting, const GivenOption& given) {
  std::vector<std::string> all;
  if (setting.origin.kind == Origin::Kind::option) {
    all = std::get<std::vector<std::string>>(*setting.value);
    setting.text += "," + given.text;
  } else {
    setting.text = given.text;
  }
  all.push_back(given.text);
  setting.value = std::move(all);
}

void apply_options(Setting& setting, const CommandLine& line) {
  for (const GivenOption& given : line.options) {
    if (given.option->name != setting.option->name) {
      continue;
    }
    const std::string name = "--" + std::string(given.option->name);
    if (setting.option->type == OptionType::level) {
      add_level(setting, given);
    } else {
      const std::string shown = setting.option->secret ? name : name + " " + given.text;
      auto value = checked(*setting.option, given.text, shown);
      if (setting.option->repeatable) {
        add_to_list(setting, given);
      } else {
        setting.value = std::move(value);
        setting.text = given.text;
      }
    }
    setting.origin = {.kind = Origin::Kind::option, .text = name};
  }
}

// `config` shows the settings of all commands; every other command has its own.
bool is_setting_of(const OptionSpec& option, Command command) {
  const auto is = [&option](AnyName name) { return option.name == name.text(); };
  if (option.commands.contains(command)) {
    return !is("help") && !is("version");
  }
  return command == Command::config && option.scope == OptionScope::setting;
}

void check_account(const std::string& name, const ConfigFile& file, const Origin& origin) {
  const bool clean = std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (name.empty() || name.size() > kAccountBytesMax || !clean) {
    throw UsageError("the account of " + origin.text + " is not a valid name: 1 to " +
                     std::to_string(kAccountBytesMax) + " bytes without control characters");
  }
  if (name == "default" || file.accounts.empty() || file.accounts.contains(name)) {
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& entry : file.accounts) {
    names.push_back(entry.first);
  }
  throw UsageError("there is no [account." + name + "] in " + file.path +
                   did_you_mean(name, names, "") + " (the account is named by " + origin.text +
                   ")");
}

const Setting& find(const std::vector<Setting>& settings, AnyName name) {
  for (const Setting& setting : settings) {
    if (setting.option->name == name.text()) {
      return setting;
    }
  }
  throw std::logic_error("no setting " + name.dashed() + " of this command");
}

template <typename Value>
const Value* find_value(const std::vector<Setting>& settings, AnyName name) {
  const Setting& setting = find(settings, name);
  if (!setting.value) {
    return nullptr;
  }
  const auto* found = std::get_if<Value>(&*setting.value);
  if (found == nullptr) {
    throw std::logic_error(name.dashed() + " has another type");
  }
  return found;
}

template <typename Value>
const Value& value_of(const std::vector<Setting>& settings, AnyName name) {
  const auto* found = find_value<Value>(settings, name);
  if (found == nullptr) {
    throw std::logic_error(name.dashed() + " has no default");
  }
  return *found;
}

}  // namespace

Origin file_origin(const ConfigFile& file, int line) {
  return {.kind = Origin::Kind::file, .text = file.path + ":" + std::to_string(line)};
}

std::vector<std::string> unknown_variables(const Environment& environment) {
  constexpr std::string_view kPrefix = "REELTALLY_";
  // Variables that --exec sets for its program, which may call reeltally itself.
  std::vector<std::string> names{"REELTALLY_TASK_ID", "REELTALLY_MODEL", "REELTALLY_VIDEO_INDEX",
                                 "REELTALLY_PATH",    "REELTALLY_BYTES", "REELTALLY_SHA256"};
  for (const OptionSpec& option : option_table()) {
    if (option.scope != OptionScope::command_line) {
      names.push_back(environment_name(option.name));
    }
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  std::vector<std::string> warnings;
  for (auto entry = environment.lower_bound(kPrefix);
       entry != environment.end() && entry->first.starts_with(kPrefix); ++entry) {
    const bool of_end_program = entry->first == "REELTALLY_EXIT_CODE" ||
                                entry->first == "REELTALLY_RUN_ID" ||
                                entry->first == "REELTALLY_SUMMARY";
    if (of_end_program || std::find(known.begin(), known.end(), entry->first) != known.end()) {
      continue;
    }
    if (entry->first == "REELTALLY_API_KEY") {
      warnings.emplace_back("REELTALLY_API_KEY is not read; the key's variable is ANYFAST_API_KEY");
      continue;
    }
    warnings.push_back("the variable " + entry->first + " is not a setting" +
                       did_you_mean(entry->first, known, ""));
  }
  return warnings;
}

Settings Settings::load(const CommandLine& line, const Environment& environment,
                        std::string_view system_config) {
  Settings settings;
  settings.command_ = line.command.value();
  settings.arguments_ = line.arguments;
  settings.environment_ = environment;
  settings.file_ = load_config(line, environment, system_config);
  for (auto& entry : settings.file_.accounts) {
    expand_home(environment, entry.second.api_key_file);
    expand_home(environment, entry.second.user_token_file);
  }
  for (const OptionSpec& option : option_table()) {
    if (!is_setting_of(option, settings.command_)) {
      continue;
    }
    Setting setting = from_default(option);
    apply_file(setting, settings.file_, environment);
    apply_environment(setting, environment);
    apply_options(setting, line);
    const auto same_name = [&](const Setting& other) { return other.option->name == option.name; };
    auto& all = settings.settings_;
    if (std::none_of(all.begin(), all.end(), same_name)) {
      all.push_back(std::move(setting));
    }
  }
  check_named_ledger(settings);
  for (const Setting& setting : settings.settings_) {
    if (setting.option->name == "account" && setting.option->scope == OptionScope::setting) {
      check_account(settings.text("account"), settings.file_, setting.origin);
    }
  }
  return settings;
}

bool Settings::flag(FlagName name) const { return value_of<bool>(settings_, name); }

std::int64_t Settings::count(CountName name) const {
  return value_of<std::int64_t>(settings_, name);
}

std::int64_t Settings::size(SizeName name) const { return value_of<std::int64_t>(settings_, name); }

std::chrono::milliseconds Settings::duration(DurationName name) const {
  return value_of<std::chrono::milliseconds>(settings_, name);
}

const std::string& Settings::text(TextName name) const {
  return value_of<std::string>(settings_, name);
}

const std::vector<std::string>& Settings::list(ListName name) const {
  return value_of<std::vector<std::string>>(settings_, name);
}

std::optional<std::int64_t> Settings::given_count(GivenCountName name) const {
  const auto* found = find_value<std::int64_t>(settings_, name);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::optional<std::chrono::milliseconds> Settings::given_duration(GivenDurationName name) const {
  const auto* found = find_value<std::chrono::milliseconds>(settings_, name);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::optional<std::string> Settings::given_text(GivenTextName name) const {
  const auto* found = find_value<std::string>(settings_, name);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

bool Settings::is_given(AnyName name) const {
  return find(settings_, name).origin.kind != Origin::Kind::fallback;
}

const Origin& Settings::origin(AnyName name) const { return find(settings_, name).origin; }

}  // namespace cmd
