// The TOML configuration file: keys and values with their lines.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/cli/setting_value.h"
#include "core/billing/label_filter.h"
#include "core/domain/money.h"

namespace cmd {

/// One value of the file.
struct FileSetting {
  const OptionSpec* option = nullptr;
  SettingValue value;
  std::string text;  ///< as it would be given on the command line
  int line = 0;
};

/// What FOCUS calls the account and those who sell, host, make and invoice its services: the keys
/// account-name, provider, host-provider, publisher and invoice-issuer. Empty: not there.
struct FocusNames {
  std::string provider;
  std::string host_provider;
  std::string publisher;
  std::string invoice_issuer;
  std::string account_name;

  bool operator==(const FocusNames&) const = default;
};

/// The keys of one `[account.NAME]` table: base-url, api-key-file, api-key-env, user-token-file,
/// user-id, and the names for FOCUS. Empty, or 0: not there.
struct FileAccount {
  std::string base_url;
  int base_url_line = 0;
  std::string api_key_file;
  int api_key_file_line = 0;
  std::string api_key_env;
  int api_key_env_line = 0;
  std::string user_token_file;
  int user_token_file_line = 0;
  std::int64_t user_id = 0;
  int user_id_line = 0;
  FocusNames names;
};

/// A `[budget.NAME]` table: what some tasks may cost in a month. Its keys are `label`, as in
/// `report --label`, and `amount`, as in "5000 USD".
struct FileBudget {
  core::LabelFilter labels;  ///< none: all tasks
  core::Decimal amount;      ///< positive
  std::string currency;      ///< ISO 4217
};

struct ConfigFile {
  std::string path;
  std::vector<FileSetting> settings;
  std::map<std::string, FileAccount, std::less<>> accounts;
  std::map<std::string, FileBudget, std::less<>> budgets;
};

/// Reads TOML text; `path` is for messages. Throws core::UsageError that names path, line and key
/// for wrong syntax, an unknown key (with the nearest right one) and a value of a wrong type.
[[nodiscard]] ConfigFile parse_config(std::string_view text, const std::string& path);

/// The keys and texts of the names that are given, in the order above.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string>> given_names(
    const FocusNames& names);
/// The same in words: `provider "Studio", account-name "Film"`; empty: none is given.
[[nodiscard]] std::string given_names_text(const FocusNames& names);

/// Version of the library that reads TOML, for --version.
[[nodiscard]] std::string toml_version_text();

}  // namespace cmd
