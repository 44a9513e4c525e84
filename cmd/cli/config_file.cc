#include "cmd/cli/config_file.h"

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <optional>

#include "cmd/cli/suggestion.h"
#include "core/billing/currencies.h"
#include "core/error.h"

namespace cmd {
namespace {

using core::UsageError;

// The place of a key in the file, for messages.
struct Place {
  const std::string& path;
  std::string key;
  int line = 0;
};

int line_of(const toml::source_region& source) { return static_cast<int>(source.begin.line); }

[[noreturn]] void refuse(const Place& place, const std::string& why) {
  throw UsageError(place.path + ":" + std::to_string(place.line) + ": " + place.key + " " + why);
}

std::string kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time without quotes";
    case toml::node_type::none:
      return "nothing";
  }
  return "something else";
}

// How a value of this option is written in TOML.
std::string toml_expectation(const OptionSpec& option) {
  switch (option.type) {
    case OptionType::flag:
    case OptionType::level:
    case OptionType::count:
      return expectation(option);
    case OptionType::duration:
    case OptionType::size:
      return expectation(option) + " in quotes";
    case OptionType::text:
    case OptionType::path:
    case OptionType::choice:
      return expectation(option) + " in quotes" + (option.repeatable ? ", or a list of them" : "");
  }
  return "something else";
}

// The text that a command line would hold, if the node has the option's type.
std::optional<std::string> as_text(const OptionSpec& option, const toml::node& node) {
  auto text = node.value_exact<std::string>();
  const auto integer = node.value_exact<std::int64_t>();
  const auto boolean = node.value_exact<bool>();
  switch (option.type) {
    case OptionType::flag:
      if (boolean) {
        return *boolean ? "true" : "false";
      }
      return std::nullopt;
    case OptionType::level:
      if (boolean) {
        return *boolean ? "1" : "0";
      }
      if (integer) {
        return std::to_string(*integer);
      }
      return std::nullopt;
    case OptionType::count:
    case OptionType::size:
      if (integer) {
        return std::to_string(*integer);
      }
      return option.type == OptionType::size ? text : std::nullopt;
    case OptionType::duration:
      if (integer && *integer == 0) {
        return "0";
      }
      return text;
    case OptionType::text:
    case OptionType::path:
    case OptionType::choice:
      return text;
  }
  return std::nullopt;
}

SettingValue checked_value(const OptionSpec& option, const std::string& text, const Place& place) {
  auto parsed = parse_value(option, text);
  if (!parsed.why_invalid.empty()) {
    const std::string shown = option.secret ? "" : "= " + text + " ";
    refuse(place, shown + parsed.why_invalid);
  }
  return std::move(parsed.value);
}

FileSetting read_list(const OptionSpec& option, const toml::array& array, const Place& place) {
  FileSetting setting{.option = &option, .value = {}, .text = {}, .line = place.line};
  std::vector<std::string> all;
  for (const toml::node& node : array) {
    const auto text = as_text(option, node);
    if (!text) {
      refuse(place, "must be " + toml_expectation(option));
    }
    const auto one = std::get<std::vector<std::string>>(checked_value(option, *text, place));
    all.insert(all.end(), one.begin(), one.end());
    setting.text += setting.text.empty() ? *text : "," + *text;
  }
  if (all.empty()) {
    refuse(place, "is an empty list");
  }
  setting.value = std::move(all);
  return setting;
}

FileSetting read_setting(const OptionSpec& option, const toml::node& node, const Place& place) {
  if (option.repeatable && node.is_array()) {
    return read_list(option, *node.as_array(), place);
  }
  const auto text = as_text(option, node);
  if (!text) {
    refuse(place, "must be " + toml_expectation(option) + ", not " + kind_of(node));
  }
  return {.option = &option,
          .value = checked_value(option, *text, place),
          .text = *text,
          .line = place.line};
}

std::vector<std::string_view> file_keys() {
  std::vector<std::string_view> keys{"account", "budget"};
  for (const OptionSpec& option : option_table()) {
    if (option.scope == OptionScope::setting) {
      keys.push_back(option.name);
    }
  }
  return keys;
}

[[noreturn]] void refuse_unknown_key(const Place& place) {
  if (place.key == "api-key" || place.key == "api_key") {
    refuse(place,
           "is not read here; put the key into a file of its own (chmod 600) and name it "
           "by api-key-file");
  }
  refuse(place, "is not a setting" + did_you_mean(place.key, file_keys(), ""));
}

// A text of an `[account.NAME]` table.
struct AccountText {
  std::string_view key;
  std::string FileAccount::*text;
  int FileAccount::*line;
};
constexpr std::array<AccountText, 4> kAccountTexts{{
    {"base-url", &FileAccount::base_url, &FileAccount::base_url_line},
    {"api-key-file", &FileAccount::api_key_file, &FileAccount::api_key_file_line},
    {"api-key-env", &FileAccount::api_key_env, &FileAccount::api_key_env_line},
    {"user-token-file", &FileAccount::user_token_file, &FileAccount::user_token_file_line},
}};
constexpr std::string_view kUserId = "user-id";

struct AccountNameKey {
  std::string_view key;
  std::string FocusNames::*text;
};
constexpr std::array<AccountNameKey, 5> kAccountNameKeys{{
    {"provider", &FocusNames::provider},
    {"host-provider", &FocusNames::host_provider},
    {"publisher", &FocusNames::publisher},
    {"invoice-issuer", &FocusNames::invoice_issuer},
    {"account-name", &FocusNames::account_name},
}};

void read_user_id(FileAccount& account, const toml::node& node, const Place& place) {
  const auto number = node.value_exact<std::int64_t>();
  if (!number || *number < 1) {
    refuse(place, "must be a whole number from 1, as the gateway's console shows it, not " +
                      (number ? std::to_string(*number) : kind_of(node)));
  }
  account.user_id = *number;
  account.user_id_line = place.line;
}

[[noreturn]] void refuse_account_key(std::string_view key, const Place& place) {
  std::vector<std::string_view> keys{kUserId};
  for (const AccountText& one : kAccountTexts) {
    keys.push_back(one.key);
  }
  for (const AccountNameKey& one : kAccountNameKeys) {
    keys.push_back(one.key);
  }
  refuse(place, "is not a setting" + did_you_mean(key, keys, ""));
}

std::string quoted_text(const toml::node& node, const Place& place) {
  auto text = node.value_exact<std::string>();
  if (!text || text->empty()) {
    refuse(place, "must be a text in quotes, not " + (text ? "an empty one" : kind_of(node)));
  }
  return std::move(*text);
}

void read_account_key(FileAccount& account, const toml::node& node, std::string_view key,
                      const Place& place) {
  if (key == kUserId) {
    read_user_id(account, node, place);
    return;
  }
  const auto is_key = [key](const auto& one) { return one.key == key; };
  const auto* name = std::find_if(kAccountNameKeys.begin(), kAccountNameKeys.end(), is_key);
  if (name != kAccountNameKeys.end()) {
    account.names.*name->text = quoted_text(node, place);
    return;
  }
  const auto* known = std::find_if(kAccountTexts.begin(), kAccountTexts.end(), is_key);
  if (known == kAccountTexts.end()) {
    refuse_account_key(key, place);
  }
  account.*known->text = quoted_text(node, place);
  account.*known->line = place.line;
}

FileAccount read_account(const toml::table& table, const std::string& path,
                         const std::string& table_name) {
  FileAccount account;
  for (const auto& [key, node] : table) {
    read_account_key(account, node, key.str(),
                     {path, table_name + "." + std::string(key.str()), line_of(key.source())});
  }
  if (!account.api_key_file.empty() && !account.api_key_env.empty()) {
    refuse({path, table_name, account.api_key_env_line},
           "has both api-key-file and api-key-env; keep one");
  }
  if (account.user_id != 0 && account.user_token_file.empty()) {
    refuse({path, table_name, account.user_id_line},
           "has a user-id without user-token-file: both belong to one user");
  }
  return account;
}

void read_accounts(ConfigFile& file, const toml::table& accounts) {
  for (const auto& [name, node] : accounts) {
    const std::string table_name = "account." + std::string(name.str());
    const Place place{file.path, table_name, line_of(name.source())};
    if (name.empty()) {
      refuse(place, "has an empty name");
    }
    if (!node.is_table()) {
      refuse(place, "must be a table: [" + table_name + "]");
    }
    file.accounts.emplace(std::string(name.str()),
                          read_account(*node.as_table(), file.path, table_name));
  }
}

void read_budget_labels(FileBudget& budget, const toml::node& node, const Place& place) {
  const auto add = [&](const toml::node& one) {
    const std::string text = quoted_text(one, place);
    if (text.find('=') == std::string::npos || text.front() == '=') {
      refuse(place, "= " + text + " must be NAME=VALUE, such as \"customer=ACME\"");
    }
    core::add_to_filter(text, budget.labels);
  };
  if (!node.is_array()) {
    add(node);
    return;
  }
  if (node.as_array()->empty()) {
    refuse(place, "is an empty list");
  }
  for (const toml::node& one : *node.as_array()) {
    add(one);
  }
}

void read_budget_amount(FileBudget& budget, const toml::node& node, const Place& place) {
  const std::string text = quoted_text(node, place);
  const std::size_t blank = text.find(' ');
  const auto amount = core::Decimal::parse(text.substr(0, blank));
  budget.currency = blank == std::string::npos ? "" : text.substr(blank + 1);
  if (!amount || amount->is_negative() || amount->is_zero() ||
      !core::is_iso_currency(budget.currency)) {
    refuse(place, "= " + text + " must be a number and a code of ISO 4217, such as \"5000 USD\"");
  }
  budget.amount = *amount;
}

FileBudget read_budget(const toml::table& table, const std::string& path,
                       const Place& budget_place) {
  constexpr std::array<std::string_view, 2> kKeys{"label", "amount"};
  FileBudget budget;
  for (const auto& [key, node] : table) {
    const Place place{path, budget_place.key + "." + std::string(key.str()), line_of(key.source())};
    if (key == "label") {
      read_budget_labels(budget, node, place);
    } else if (key == "amount") {
      read_budget_amount(budget, node, place);
    } else {
      refuse(place, "is not a setting" + did_you_mean(key.str(), kKeys, ""));
    }
  }
  if (budget.currency.empty()) {
    refuse(budget_place, "has no amount; write one such as amount = \"5000 USD\"");
  }
  return budget;
}

void read_budgets(ConfigFile& file, const toml::table& budgets) {
  for (const auto& [name, node] : budgets) {
    const Place place{file.path, "budget." + std::string(name.str()), line_of(name.source())};
    if (name.empty()) {
      refuse(place, "has an empty name");
    }
    if (!node.is_table()) {
      refuse(place, "must be a table: [" + place.key + "]");
    }
    file.budgets.emplace(std::string(name.str()), read_budget(*node.as_table(), file.path, place));
  }
}

toml::table parse_toml(std::string_view text, const std::string& path) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw UsageError(path + ":" + std::to_string(line_of(error.source())) +
                     ": not valid TOML: " + std::string(error.description()));
  }
}

}  // namespace

ConfigFile parse_config(std::string_view text, const std::string& path) {
  ConfigFile file{.path = path, .settings = {}, .accounts = {}, .budgets = {}};
  const toml::table table = parse_toml(text, path);
  for (const auto& [key, node] : table) {
    if (key == "account" && node.is_table()) {
      read_accounts(file, *node.as_table());
      continue;
    }
    const Place place{path, std::string(key.str()), line_of(key.source())};
    if (key == "budget" && !node.is_table()) {
      refuse(place, "must be a table for each budget: [budget.NAME]");
    }
    if (key == "budget") {
      read_budgets(file, *node.as_table());
      continue;
    }
    const OptionSpec* option = find_setting(key.str());
    if (option == nullptr || option->scope != OptionScope::setting) {
      refuse_unknown_key(place);
    }
    file.settings.push_back(read_setting(*option, node, place));
  }
  return file;
}

std::vector<std::pair<std::string_view, std::string>> given_names(const FocusNames& names) {
  std::vector<std::pair<std::string_view, std::string>> given;
  for (const AccountNameKey& one : kAccountNameKeys) {
    if (const std::string& text = names.*one.text; !text.empty()) {
      given.emplace_back(one.key, text);
    }
  }
  return given;
}

std::string given_names_text(const FocusNames& names) {
  std::string text;
  for (const auto& [key, name] : given_names(names)) {
    text.append(text.empty() ? "" : ", ").append(key).append(" \"").append(name).append("\"");
  }
  return text;
}

std::string toml_version_text() {
  return std::to_string(TOML_LIB_MAJOR) + "." + std::to_string(TOML_LIB_MINOR) + "." +
         std::to_string(TOML_LIB_PATCH);
}

}  // namespace cmd
