#include "cmd/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "cmd/cli/accounts.h"
#include "cmd/cli/api_key.h"
#include "cmd/cli/exit_code.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/os/json_text.h"
#include "cmd/os/terminal.h"
#include "cmd/run/run_settings.h"
#include "core/error.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownBytesMax = 4096;

struct Row {
  std::string type;
  std::string name;
  std::string value;
  std::string origin;
  bool has_value = true;
  std::optional<SettingValue> typed{};  // of a setting
  std::string user_token{};             // of an account; empty: it has none
  FocusNames names{};                   // of an account
  std::optional<FileBudget> budget{};
};

// `https://user:password@host`: such a URL is refused, but `config` must not show the password.
bool has_user_information(std::string_view text) {
  return text.find("://") != std::string_view::npos && text.find('@') != std::string_view::npos;
}

// Only the scheme and host of a URL, which are not secret.
std::string masked(const std::string& text) {
  const std::size_t scheme = text.find("://");
  const std::size_t path = scheme == std::string::npos ? 0 : text.find('/', scheme + 3);
  if (scheme == std::string::npos || path == std::string::npos || has_user_information(text)) {
    return "(hidden)";
  }
  return text.substr(0, path) + "/(hidden)";
}

// The proxy for the gateway, from an option or the environment.
void show_proxy(const Settings& settings, Row& row) {
  try {
    const core::Proxy proxy = proxies(settings).of(chosen_account(settings).base_url);
    row.has_value = !proxy.url.empty();
    row.value = row.has_value ? core::shown_proxy(proxy.url) : "(none)";
    row.origin = row.has_value ? proxy.source : row.origin;
  } catch (const core::UsageError& error) {
    row.value = std::string("(none: ") + error.what() + ")";
  }
}

Row setting_row(const Setting& setting, const Settings& settings) {
  Row row{.type = "setting",
          .name = std::string(setting.option->name),
          .value = shown_value(setting),
          .origin = setting.origin.text,
          .has_value = setting.value.has_value(),
          .typed = setting.value};
  if (setting.option->name == "db" && !setting.value) {
    try {
      row.value = ledger_path(settings);
      row.has_value = true;
    } catch (const core::UsageError& error) {
      row.value = std::string("(none: ") + error.what() + ")";
    }
  }
  if (setting.option->name == "proxy") {
    show_proxy(settings, row);
  }
  if (setting.option->name == "config" && !setting.value && !settings.file().path.empty()) {
    row.value = settings.file().path;
    row.has_value = true;
  }
  return row;
}

Row account_row(const Account& account, const Settings& settings) {
  Row row{.type = "account",
          .name = account.name,
          .value = has_user_information(account.base_url) ? "(hidden)" : account.base_url,
          .origin = {}};
  try {
    const ApiKey key = read_api_key(account, settings.environment());
    row.origin = "key (hidden) from " + key.source();
  } catch (const core::UsageError& error) {
    row.origin = error.what();
  }
  if (account.user_token_file.empty()) {
    return row;
  }
  try {
    const UserToken user = read_user_token(account, settings.environment());
    row.user_token = "user token (hidden) from " + user.token.source() +
                     (user.user_id == 0 ? "" : ", user " + std::to_string(user.user_id));
  } catch (const core::UsageError& error) {
    row.user_token = error.what();
  }
  return row;
}

std::vector<Row> account_rows(const Settings& settings) {
  std::vector<Row> rows{account_row(chosen_account(settings), settings)};
  for (const std::string& name : account_names(settings)) {
    if (name == settings.text("account")) {
      continue;
    }
    if (const auto account = account_named(settings, name)) {
      rows.push_back(account_row(*account, settings));
    } else {
      rows.push_back({.type = "account",
                      .name = name,
                      .value = "(none)",
                      .origin = "no key of its own: usable by --account " + name + " alone",
                      .has_value = false});
    }
  }
  for (Row& row : rows) {
    const auto table = settings.file().accounts.find(row.name);
    row.names = table == settings.file().accounts.end() ? FocusNames() : table->second.names;
  }
  return rows;
}

std::vector<Row> budget_rows(const Settings& settings) {
  std::vector<Row> rows;
  for (const auto& [name, budget] : settings.file().budgets) {
    const std::string labels = core::filter_text(budget.labels);
    rows.push_back({.type = "budget",
                    .name = name,
                    .value = budget.amount.text() + " " + budget.currency,
                    .origin = labels.empty() ? "all tasks" : labels,
                    .budget = budget});
  }
  return rows;
}

void print_table(const std::vector<Row>& rows, std::ostream& out) {
  std::size_t name_columns = 0;
  std::size_t value_columns = 0;
  constexpr std::size_t kValueColumnsMax = 40;
  for (const Row& row : rows) {
    name_columns = std::max(name_columns, text_columns(row.name));
    value_columns = std::max(value_columns, std::min(text_columns(row.value), kValueColumnsMax));
  }
  for (const Row& row : rows) {
    out << padded(row.name, name_columns) << "  " << padded(row.value, value_columns) << "  "
        << row.origin << (row.user_token.empty() ? "" : "; " + row.user_token);
    const std::string names = given_names_text(row.names);
    out << (names.empty() ? "" : "; FOCUS: " + core::printable(names, kShownBytesMax)) << "\n";
  }
}

Json labels_json(const core::LabelFilter& labels) {
  Json json = Json::array();
  for (const std::string& label : core::filter_texts(labels)) {
    json.push_back(core::printable(label, kShownBytesMax));
  }
  return json;
}

// Durations are seconds, sizes bytes.
Json setting_json(const Row& row) {
  if (row.typed) {
    if (const auto* flag = std::get_if<bool>(&*row.typed)) {
      return *flag;
    }
    if (const auto* count = std::get_if<std::int64_t>(&*row.typed)) {
      return *count;
    }
    if (const auto* duration = std::get_if<std::chrono::milliseconds>(&*row.typed)) {
      constexpr int kMilli = 3;
      return exact_number(core::Decimal(duration->count()).divided_by_power_of_ten(kMilli));
    }
  }
  return row.value;
}

std::string json_line(const Row& row) {
  Json object;
  object["type"] = row.type;
  object["name"] = row.name;
  if (row.type == "account") {
    object["base_url"] = row.has_value ? Json(row.value) : Json();
    object["key"] = row.origin;
    object["user_token"] = row.user_token.empty() ? Json() : Json(row.user_token);
    for (const auto& [key, name] : given_names(row.names)) {
      object["focus"][std::string(key)] = core::printable(name, kShownBytesMax);
    }
  } else if (row.budget) {
    object["amount"] = exact_number(row.budget->amount);
    object["currency"] = row.budget->currency;
    object["label"] = labels_json(row.budget->labels);
  } else {
    object["value"] = row.has_value ? setting_json(row) : Json();
    object["origin"] = row.origin;
  }
  return json_text(object);
}

void make_printable(Row& row) {
  for (std::string* text : {&row.name, &row.value, &row.origin, &row.user_token}) {
    *text = core::printable(*text, kShownBytesMax);
  }
}

}  // namespace

std::string shown_value(const Setting& setting) {
  if (!setting.value) {
    return "(none)";
  }
  if (setting.option->secret || has_user_information(setting.text)) {
    return masked(setting.text);
  }
  return setting.text;
}

ExitCode run_config(const Settings& settings, Log& /*log*/, std::ostream& out) {
  std::vector<Row> rows;
  for (const Setting& setting : settings.all()) {
    rows.push_back(setting_row(setting, settings));
  }
  std::vector<Row> accounts = account_rows(settings);
  std::vector<Row> budgets = budget_rows(settings);
  for (std::vector<Row>* some : {&rows, &accounts, &budgets}) {
    std::for_each(some->begin(), some->end(), make_printable);
  }
  if (settings.flag("json")) {
    for (const std::vector<Row>* some : {&rows, &accounts, &budgets}) {
      for (const Row& row : *some) {
        out << json_line(row) << "\n";
      }
    }
    return ExitCode::ok;
  }
  print_table(rows, out);
  out << "\nAccounts:\n";
  print_table(accounts, out);
  if (!budgets.empty()) {
    out << "\nBudgets:\n";
    print_table(budgets, out);
  }
  return ExitCode::ok;
}

}  // namespace cmd
