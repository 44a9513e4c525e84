#include "cmd/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "cmd/api_key.h"
#include "cmd/exit_code.h"
#include "core/error.h"
#include "core/printable.h"

namespace cmd {
namespace {

constexpr std::size_t kShownBytesMax = 4096;

struct Row {
  std::string type;
  std::string name;
  std::string value;
  std::string origin;
  bool has_value = true;
};

/// The scheme and host of a URL, which are no secret.
std::string masked(const std::string& text) {
  const std::size_t scheme = text.find("://");
  const std::size_t path = scheme == std::string::npos ? 0 : text.find('/', scheme + 3);
  const bool has_user = text.find('@') != std::string::npos;
  if (scheme == std::string::npos || path == std::string::npos || has_user) return "(hidden)";
  return text.substr(0, path) + "/(hidden)";
}

Row setting_row(const Setting& setting, const Settings& settings) {
  Row row{.type = "setting",
          .name = std::string(setting.option->name),
          .value = shown_value(setting),
          .origin = setting.origin.text,
          .has_value = setting.value.has_value()};
  if (setting.option->name == "db" && !setting.value) {
    try {
      row.value = settings.ledger_path();
      row.has_value = true;
    } catch (const core::UsageError& error) {
      row.value = std::string("(none: ") + error.what() + ")";
    }
  }
  if (setting.option->name == "config" && !setting.value && !settings.config_path().empty()) {
    row.value = settings.config_path();
    row.has_value = true;
  }
  return row;
}

Row account_row(const Account& account, const Settings& settings) {
  Row row{.type = "account", .name = account.name, .value = account.base_url, .origin = {}};
  try {
    const ApiKey key = read_api_key(account, settings.environment());
    row.origin = "key (hidden) from " + key.source();
  } catch (const core::UsageError& error) {
    row.origin = error.what();
  }
  return row;
}

std::vector<Row> account_rows(const Settings& settings) {
  std::vector<Row> rows{account_row(settings.account(), settings)};
  for (const std::string& name : settings.account_names()) {
    if (name == settings.text("account")) continue;
    if (const auto account = settings.account(name)) {
      rows.push_back(account_row(*account, settings));
    } else {
      rows.push_back({.type = "account",
                      .name = name,
                      .value = "(none)",
                      .origin = "no key of its own: usable by --account " + name + " alone",
                      .has_value = false});
    }
  }
  return rows;
}

void print_table(const std::vector<Row>& rows, std::ostream& out) {
  std::size_t name_bytes = 0;
  std::size_t value_bytes = 0;
  constexpr std::size_t kValueBytesMax = 40;
  for (const Row& row : rows) {
    name_bytes = std::max(name_bytes, row.name.size());
    value_bytes = std::max(value_bytes, std::min(row.value.size(), kValueBytesMax));
  }
  for (const Row& row : rows) {
    const auto padding = [](std::size_t used, std::size_t wanted) {
      return std::string(used < wanted ? wanted - used : 0, ' ');
    };
    out << row.name << padding(row.name.size(), name_bytes) << "  " << row.value
        << padding(row.value.size(), value_bytes) << "  " << row.origin << "\n";
  }
}

std::string json_line(const Row& row) {
  nlohmann::ordered_json object;
  object["type"] = row.type;
  object["name"] = row.name;
  if (row.type == "account") {
    object["base_url"] = row.has_value ? nlohmann::ordered_json(row.value) : nullptr;
    object["key"] = row.origin;
  } else {
    object["value"] = row.has_value ? nlohmann::ordered_json(row.value) : nullptr;
    object["origin"] = row.origin;
  }
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void make_printable(Row& row) {
  for (std::string* text : {&row.name, &row.value, &row.origin}) {
    *text = core::printable(*text, kShownBytesMax);
  }
}

}  // namespace

std::string shown_value(const Setting& setting) {
  if (!setting.value) return "(none)";
  if (setting.option->secret) return masked(setting.text);
  return setting.text;
}

int run_config(const Settings& settings, Log& /*log*/, std::ostream& out) {
  std::vector<Row> rows;
  for (const Setting& setting : settings.all()) rows.push_back(setting_row(setting, settings));
  std::vector<Row> accounts = account_rows(settings);
  for (Row& row : rows) make_printable(row);
  for (Row& row : accounts) make_printable(row);
  if (settings.flag("json")) {
    for (const Row& row : rows) out << json_line(row) << "\n";
    for (const Row& row : accounts) out << json_line(row) << "\n";
    return ok;
  }
  print_table(rows, out);
  out << "\nAccounts:\n";
  print_table(accounts, out);
  return ok;
}

}  // namespace cmd
