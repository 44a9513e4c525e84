#include "cmd/db.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <ostream>
#include <string>
#include <system_error>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/cli/version.h"
#include "cmd/os/json_text.h"
#include "cmd/report/closed_periods.h"
#include "core/billing/billing_source.h"
#include "core/clock.h"
#include "core/error.h"
#include "storage/copy/copy_ledger.h"
#include "storage/open_ledger.h"
#include "storage/postgres/ledger_url.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/server_upkeep.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/maintenance.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

// The number of tasks under two accounts whose answers show one task; not a finding.
std::uint64_t shared_tasks(const std::string& ledger) {
  std::uint64_t count = 0;
  for (const core::SharedTasks& shared :
       storage::open_billing_source(ledger)->shared_tasks(core::SharedTaskScope::ledger)) {
    count += shared.one_task;
  }
  return count;
}

storage::MigrationReport migrate_file(const Settings& settings, const std::string& ledger) {
  storage::require_ledger(ledger);  // before the lock creates a file
  const storage::Lock lock(ledger, settings.duration("lock-wait"));
  return storage::migrate_ledger(ledger, core::SystemClock().utc(), !settings.flag("no-backup"));
}

storage::MigrationReport migrate_on_server(const std::string& ledger) {
  storage::Connection connection{storage::LedgerUrl(ledger)};
  const storage::SchemaChange change = storage::migrate_schema(
      connection, storage::embedded_postgres_migrations(), core::SystemClock().utc());
  return {.from = change.from, .to = change.to, .backup = {}};
}

void copy(const std::string& from, const std::string& to, Log& log) {
  storage::copy_ledger(from, to, core::SystemClock().utc(),
                       [&log](const storage::LedgerTable& table, std::uint64_t rows) {
                         log.detail("copied " + format_count(rows, "row") + " of " + table.name);
                       });
}

// A ledger for the checks of SQLite: the file itself, or a private copy of the one on a server.
class CheckedFile {
 public:
  CheckedFile(const std::string& ledger, Log& log) {
    if (!storage::is_postgres_url(ledger)) {
      path_ = ledger;
      return;
    }
    std::string folder = std::filesystem::temp_directory_path() / "reeltally-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) {
      throw core::Error("cannot make a folder for a copy of the ledger beside " + folder + ": " +
                        core::errno_text(errno) + "; set TMPDIR");
    }
    folder_ = folder;
    path_ = folder + "/ledger.db";
    try {
      copy(ledger, path_, log);
    } catch (...) {
      remove();
      throw;
    }
  }
  ~CheckedFile() { remove(); }
  CheckedFile(const CheckedFile&) = delete;
  CheckedFile& operator=(const CheckedFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_copy() const { return !folder_.empty(); }

 private:
  void remove() const {
    std::error_code ignored;
    if (!folder_.empty()) {
      std::filesystem::remove_all(folder_, ignored);
    }
  }

  std::string folder_;  // of a copy
  std::string path_;
};

std::vector<storage::SparedPeriod> spared_periods(const std::string& ledger, core::UtcTime before) {
  return storage::is_postgres_url(ledger)
             ? storage::spared_periods(storage::LedgerUrl(ledger), before)
             : storage::spared_periods(ledger, before);
}

void say_spared(const std::vector<storage::SparedPeriod>& spared, std::uint64_t lines, Log& log) {
  constexpr std::size_t kNamed = 5;
  std::string names;
  for (std::size_t at = 0; at < std::min(spared.size(), kNamed); ++at) {
    names += (names.empty() ? "" : ", ") + spared[at].name;
  }
  names += spared.size() > kNamed ? " and others" : "";
  log.note("kept the raw answers that prove " + format_count(lines, "line") +
           " of closed periods without a bundle (" + names + "): write one with `reeltally audit " +
           spared.front().name + " -o DIR`, or give --yes");
}

}  // namespace

ExitCode db_migrate(const Settings& settings, Log& log, std::ostream& out) {
  const std::string ledger = ledger_path(settings);
  const storage::MigrationReport report =
      storage::is_postgres_url(ledger) ? migrate_on_server(ledger) : migrate_file(settings, ledger);
  if (settings.flag("json")) {
    print_json(out, {{"type", "migration"},
                     {"from", report.from},
                     {"to", report.to},
                     {"backup", report.backup.empty() ? nlohmann::ordered_json()
                                                      : nlohmann::ordered_json(report.backup)}});
  } else if (report.from == report.to) {
    log.note("the ledger has schema " + std::to_string(report.to) + " already");
  } else {
    log.note("the ledger was upgraded from schema " + std::to_string(report.from) + " to " +
             std::to_string(report.to) +
             (report.backup.empty() ? "" : "; the backup is " + report.backup));
  }
  return ExitCode::ok;
}

ExitCode db_check(const Settings& settings, Log& log, std::ostream& out) {
  const std::string named = ledger_path(settings);
  const CheckedFile file(named, log);
  const std::string& ledger = file.path();
  std::vector<std::string> findings = storage::check_ledger(ledger, std::string(program_version()));
  if (findings.empty()) {  // otherwise the file is damaged, and the check would fail again
    findings = check_closed_periods(ledger);
  }
  for (const std::string& finding : findings) {
    if (settings.flag("json")) {
      print_json(out, {{"type", "fault"}, {"text", finding}});
    } else {
      log.error(finding);
    }
  }
  if (findings.empty()) {
    for (const std::string& gap : gap_warnings(ledger)) {
      if (settings.flag("json")) {
        print_json(out, {{"type", "gap"}, {"text", gap}});
      } else {
        log.warning(gap);
      }
    }
  }
  if (settings.flag("json")) {
    print_json(out, {{"type", "check"},
                     {"faults", findings.size()},
                     {"tasks_under_two_accounts", findings.empty() ? shared_tasks(ledger) : 0}});
  } else if (findings.empty()) {
    log.note(
        "the ledger " + named + (file.is_copy() ? " is, by a copy of it in SQLite," : " is") +
        " complete and consistent: file, answers, tasks (recomputed from their snapshots), and "
        "closed periods");
    if (const std::uint64_t shared = shared_tasks(ledger); shared > 0) {
      log.note(format_count(shared, "task") +
               " under two accounts, charged once; see `reeltally doctor`");
    }
  } else {
    log.error("the ledger " + named + " is damaged: keep a copy, then restore a backup");
  }
  return findings.empty() ? ExitCode::ok : ExitCode::fatal;
}

ExitCode db_backup(const Settings& settings, Log& log, std::ostream& /*out*/) {
  const std::string& target = settings.arguments().at(0);
  if (target == "-") {
    throw core::UsageError(
        "db backup writes a file, not a stream: give its name (./- for a file called -)");
  }
  if (storage::is_postgres_url(target)) {
    throw core::UsageError("db backup makes a file; `reeltally db copy` copies to a database");
  }
  copy(ledger_path(settings), target, log);
  log.note("the ledger is copied to " + target + ", synced and checked");
  return ExitCode::ok;
}

ExitCode db_copy(const Settings& settings, Log& log, std::ostream& /*out*/) {
  const std::string& target = target_ledger(settings);
  if (target == "-") {
    throw core::UsageError("db copy makes a ledger, not a stream: name it (./- for one called -)");
  }
  copy(ledger_path(settings), target, log);
  log.note("the ledger is copied to " + target);
  return ExitCode::ok;
}

ExitCode db_prune(const Settings& settings, Log& log, std::ostream& out) {
  const auto older_than = settings.given_duration("older-than");
  if (!older_than) {
    throw core::UsageError("db prune needs --older-than DURATION, for example --older-than 90d");
  }
  const std::string ledger = ledger_path(settings);
  const storage::LedgerHold hold(ledger, settings.duration("lock-wait"));
  const core::UtcTime before = core::SystemClock().utc() - *older_than;
  const auto scope = settings.flag("yes") ? storage::PruneScope::all : storage::PruneScope::bundled;
  std::vector<storage::SparedPeriod> spared;
  if (scope == storage::PruneScope::bundled) {
    spared = spared_periods(ledger, before);
  }
  const storage::PruneReport report =
      storage::is_postgres_url(ledger)
          ? storage::prune_ledger(storage::LedgerUrl(ledger), before, scope)
          : storage::prune_ledger(ledger, before, scope);
  const auto kept = std::accumulate(
      spared.begin(), spared.end(), std::uint64_t{0},
      [](std::uint64_t sum, const storage::SparedPeriod& one) { return sum + one.lines; });
  const std::int64_t freed = report.bytes_before - report.bytes_after;
  if (settings.flag("json")) {
    print_json(out, {{"type", "prune"},
                     {"tasks", report.tasks},
                     {"answers", report.answers},
                     {"bytes_freed", freed},
                     {"lines_kept", kept}});
  } else {
    log.note("dropped " + format_count(report.answers, "raw answer") + " of " +
             format_count(report.tasks, "task") + "; " + format_size(freed) +
             " inside the ledger are free for later answers");
  }
  if (!spared.empty()) {
    say_spared(spared, kept, log);
  }
  return ExitCode::ok;
}

}  // namespace cmd
