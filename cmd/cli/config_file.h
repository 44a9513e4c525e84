// The TOML configuration file: keys and values with their lines.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
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

/// The keys of one `[account.NAME]` table: base-url, api-key-file, api-key-env, user-token-file,
/// user-id. Empty, or 0: not there.
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

/// Version of the library that reads TOML, for --version.
[[nodiscard]] std::string toml_version_text();

}  // namespace cmd
