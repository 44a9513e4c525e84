#include "cmd/cli/accounts.h"

namespace cmd {
namespace {

bool has_key(const FileAccount& account) {
  return !account.api_key_file.empty() || !account.api_key_env.empty();
}

// A token and the number of its user are taken from the same place: no token of one user must be
// sent with the number of another.
void take_user(Account& account, const FileAccount& own, const ConfigFile& file) {
  account.user_token_file = own.user_token_file;
  account.user_id = own.user_id;
  account.user_token_origin = file_origin(file, own.user_token_file_line);
}

int key_line(const FileAccount& account) {
  return account.api_key_file.empty() ? account.api_key_env_line : account.api_key_file_line;
}

}  // namespace

Account chosen_account(const Settings& settings) {
  const auto direct = [](const Origin& origin) {
    return origin.kind == Origin::Kind::option || origin.kind == Origin::Kind::environment;
  };
  const Origin& url = settings.origin("base-url");
  const Origin& key = settings.origin("api-key-file");
  const Origin& token = settings.origin("user-token-file");
  Account account{.name = settings.text("account"),
                  .base_url = settings.text("base-url"),
                  .base_url_origin = url,
                  .api_key_file = settings.given_text("api-key-file").value_or(""),
                  .api_key_env = {},
                  .api_key_origin = key,
                  .user_token_file = settings.given_text("user-token-file").value_or(""),
                  .user_id = settings.given_count("user-id").value_or(0),
                  .user_token_origin = token};
  const auto table = settings.file().accounts.find(account.name);
  if (table == settings.file().accounts.end()) {
    return account;
  }
  const FileAccount& own = table->second;
  if (!direct(url) && !own.base_url.empty()) {
    account.base_url = own.base_url;
    account.base_url_origin = file_origin(settings.file(), own.base_url_line);
  }
  if (!direct(key) && has_key(own)) {
    account.api_key_file = own.api_key_file;
    account.api_key_env = own.api_key_env;
    account.api_key_origin = file_origin(settings.file(), key_line(own));
  }
  if (!direct(token) && !own.user_token_file.empty()) {
    take_user(account, own, settings.file());
    if (direct(settings.origin("user-id"))) {
      account.user_id = *settings.given_count("user-id");
    }
  }
  return account;
}

std::optional<Account> account_named(const Settings& settings, std::string_view name) {
  if (name == settings.text("account")) {
    return chosen_account(settings);
  }
  const auto table = settings.file().accounts.find(name);
  if (table == settings.file().accounts.end()) {
    return std::nullopt;
  }
  const FileAccount& own = table->second;
  if (!has_key(own)) {
    return std::nullopt;
  }
  const bool own_url = !own.base_url.empty();
  Account account{.name = std::string(name),
                  .base_url = own_url ? own.base_url : settings.text("base-url"),
                  .base_url_origin = own_url ? file_origin(settings.file(), own.base_url_line)
                                             : settings.origin("base-url"),
                  .api_key_file = own.api_key_file,
                  .api_key_env = own.api_key_env,
                  .api_key_origin = file_origin(settings.file(), key_line(own))};
  take_user(account, own, settings.file());
  return account;
}

std::vector<std::string> account_names(const Settings& settings) {
  std::vector<std::string> names;
  for (const auto& entry : settings.file().accounts) {
    names.push_back(entry.first);
  }
  return names;
}

}  // namespace cmd
