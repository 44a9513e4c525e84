#include "cmd/cli/ledger_name.h"

#include "cmd/cli/config_lookup.h"
#include "core/error.h"
#include "storage/postgres/ledger_url.h"

namespace cmd {
namespace {

using core::UsageError;

void check_url(const std::string& url, const std::string& given_by, bool weak_tls) {
  using storage::LedgerUrl;
  try {
    const LedgerUrl checked(url, weak_tls ? LedgerUrl::Tls::as_given : LedgerUrl::Tls::verified);
  } catch (const UsageError& failure) {
    throw UsageError(given_by + ": " + failure.what());
  }
}

}  // namespace

void check_named_ledger(const Settings& settings) {
  if (const auto ledger = settings.given_text("db"); ledger && storage::is_postgres_url(*ledger)) {
    check_url(*ledger, settings.origin("db").text, settings.flag("allow-weak-tls"));
  }
}

std::string ledger_path(const Settings& settings) {
  if (auto path = settings.given_text("db")) {
    return *path;
  }
  const auto folder = xdg_folder(settings.environment(), "XDG_STATE_HOME", "/.local/state");
  if (!folder) {
    throw UsageError("where is the ledger? Neither HOME nor XDG_STATE_HOME is set; give --db FILE");
  }
  return *folder + "/reeltally/reeltally.db";
}

const std::string& target_ledger(const Settings& settings) {
  const std::string& target = settings.arguments().at(0);
  if (storage::is_postgres_url(target)) {
    check_url(target, "TARGET", settings.flag("allow-weak-tls"));
  }
  return target;
}

}  // namespace cmd
