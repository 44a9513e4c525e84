// The accounts of a call: their gateways, and where their keys are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/settings.h"

namespace cmd {

/// The key and gateway that `--account` or the `account` of an input row selects.
struct Account {
  std::string name;
  std::string base_url;  ///< not checked yet, see check_base_url
  Origin base_url_origin;
  /// A file or a variable that holds the key; both empty: ANYFAST_API_KEY or the systemd
  /// credential, see read_api_key.
  std::string api_key_file;
  std::string api_key_env;
  Origin api_key_origin;
  /// A file that holds a user access token of the gateway; empty: there is none.
  std::string user_token_file{};
  std::int64_t user_id = 0;  ///< whose token it is; 0: not given
  Origin user_token_origin{};
};

/// The account that --account selects.
[[nodiscard]] Account chosen_account(const Settings& settings);
/// The account with this name, as an input row gives it: that of --account, or one whose table
/// names a key. None for any other: a key must never be used for tasks of another account.
[[nodiscard]] std::optional<Account> account_named(const Settings& settings, std::string_view name);
/// Names of the `[account.NAME]` tables.
[[nodiscard]] std::vector<std::string> account_names(const Settings& settings);

}  // namespace cmd
