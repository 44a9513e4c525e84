// The command around close_period and reprice_period: its settings, and the lock of the ledger.
#include <optional>
#include <string>

#include "cmd/cli/accounts.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/cli/shared_task_warnings.h"
#include "cmd/close.h"
#include "cmd/reconcile_gateway.h"
#include "cmd/report/report_plan.h"
#include "core/error.h"
#include "core/text/printable.h"
#include "core/text/utf8.h"
#include "storage/open_ledger.h"
#include "storage/postgres/ledger_url.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/maintenance.h"

namespace cmd {
namespace {

std::string invoice_id(const Settings& settings) {
  std::string id = settings.given_text("invoice-id").value_or("");
  constexpr std::size_t kBytesMax = 200;
  const bool is_fit =
      !id.empty() && core::trim_unseen(id) == id && core::printable(id, kBytesMax) == id;
  if (settings.is_given("invoice-id") && !is_fit) {
    throw core::UsageError("--invoice-id must be 1 to " + std::to_string(kBytesMax) +
                           " bytes of text without control characters and without blanks around "
                           "it, not \"" +
                           core::printable(id, kBytesMax) + "\"");
  }
  return id;
}

// Options that do not go together.
void check_close_options(const Settings& settings) {
  const bool dry_run = settings.flag("dry-run");
  if (dry_run && (settings.flag("force") || settings.flag("reprice"))) {
    throw core::UsageError(
        "--dry-run says what a close would find, and goes with neither --force "
        "nor --reprice");
  }
  if (settings.flag("reprice") && settings.given_text("sign-with")) {
    throw core::UsageError(
        "--sign-with signs a closing; what --reprice records is part of the next one, and signed "
        "with it");
  }
  if (settings.flag("reprice") && settings.is_given("invoice-id")) {
    throw core::UsageError(
        "--invoice-id is kept by a closing; what --reprice records is part of the next one");
  }
  if (!settings.flag("from-gateway") && settings.origin("account").kind == Origin::Kind::option) {
    throw core::UsageError(
        "`close` closes a period for all accounts: --account only says whose log "
        "--dry-run --from-gateway reads");
  }
  if (settings.flag("from-gateway") && !dry_run) {
    throw core::UsageError("--from-gateway is for --dry-run: a close itself asks no gateway");
  }
}

// Without a token there is nothing to compare with; that is no reason to fail.
std::optional<LogComparison> compare_log(const Settings& settings, const CloseOptions& options,
                                         const std::string& zone, Log& log) {
  Log quiet({.level = LogLevel::error});  // what the period's plan warns of was said before
  if (chosen_account(settings).user_token_file.empty()) {
    log.note("the gateway's log was not compared: account " + options.account +
             " has no user access token; make one in the gateway's console and name its file by "
             "user-token-file, and its user by user-id");
    return std::nullopt;
  }
  return compare_with_log(
      settings, {.ledger = options.ledger, .period = options.period, .zone = zone}, quiet);
}

}  // namespace

ExitCode close(const Settings& settings, Log& log, std::ostream& out) {
  const std::string ledger = ledger_path(settings);
  const core::UtcTime now = core::SystemClock().utc();
  const bool is_file = !storage::is_postgres_url(ledger);  // on a server runs may go on meanwhile
  const bool dry_run = settings.flag("dry-run");
  check_close_options(settings);
  const std::string invoice = invoice_id(settings);
  std::optional<storage::Lock> lock;
  if (is_file) {
    storage::require_ledger(ledger);  // before the lock creates a file
  }
  if (is_file && !dry_run) {
    lock.emplace(ledger, settings.duration("lock-wait"));
    static_cast<void>(storage::migrate_ledger(ledger, now, !settings.flag("no-backup")));
  }
  CloseOptions options{.ledger = ledger,
                       .period = settings.arguments().at(0),
                       .zone = settings.is_given("tz") ? settings.text("tz") : "",
                       .prices = settings.given_text("prices").value_or(""),
                       .quota_per_unit = settings.count("quota-per-unit"),
                       .round = rounding_of(settings),
                       .rates = settings.given_text("rates").value_or(""),
                       .billing_currency = settings.given_text("billing-currency").value_or(""),
                       .resale = settings.given_text("resale").value_or(""),
                       .force = settings.flag("force"),
                       .write_off_stale = settings.flag("write-off-stale"),
                       .dry_run = dry_run,
                       .stale_after = settings.duration("stale-after"),
                       .json = settings.flag("json"),
                       .customer_label = settings.text("customer-label"),
                       .account = settings.text("account"),
                       .sign = signer(settings),
                       .invoice_id = invoice};
  if (settings.flag("from-gateway")) {
    options.compare_log = [&](const std::string& zone) {
      return compare_log(settings, options, zone, log);
    };
  }
  warn_of_shared_tasks(settings, ledger, core::SharedTaskScope::ledger,
                       [&log](const std::string& text, const std::string& advice) {
                         log.warning(text + "; " + advice);
                       });
  const ExitCode code = settings.flag("reprice") ? reprice_period(options, now, log, out)
                                                 : close_period(options, now, log, out);
  // Only after the period's reader is destroyed, because it keeps the log.
  if (code == ExitCode::ok && lock && !storage::settle_ledger(ledger)) {
    log.warning("the closed period is only in the write-ahead log " + ledger +
                "-wal, because another program keeps reading the ledger; until that program ends, "
                "copy the ledger with `reeltally db backup`, not the file itself");
  }
  return code;
}

}  // namespace cmd
