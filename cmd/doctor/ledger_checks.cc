#include "cmd/doctor/ledger_checks.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "cmd/cli/ledger_name.h"
#include "cmd/cli/shared_task_warnings.h"
#include "cmd/cli/units.h"
#include "cmd/doctor/clock_skew.h"
#include "cmd/doctor/folder_state.h"
#include "core/error.h"
#include "core/files/free_space.h"
#include "storage/ledger_error.h"
#include "storage/open_ledger.h"
#include "storage/postgres/ledger_url.h"
#include "storage/postgres/server_facts.h"
#include "storage/sqlite/check/ledger_check.h"

namespace cmd {
namespace {

namespace fs = std::filesystem;

void check_ledger_folder(const fs::path& ledger, Findings& findings) {
  const fs::path folder = existing_part(fs::absolute(ledger).parent_path());
  if (!may_write_in(folder)) {
    findings.failed("ledger folder", folder.string() + " is not a writable folder",
                    "change its owner or mode, or name another place with --db");
  }
  constexpr std::int64_t kLedgerRoom = std::int64_t{100} << 20U;
  const auto room = core::free_bytes(existing_part(ledger));
  if (room && *room < kLedgerRoom) {
    findings.failed("ledger", "its volume has " + format_size(*room) + " free",
                    "free space: a run on a full disk ends with exit code 1");
  }
}

void check_lock(const std::string& ledger, Findings& findings) {
  const std::string holder = storage::ledger_writer(ledger);
  if (holder.empty()) {
    findings.fine("lock", "free");
  } else {
    findings.warning("lock", "held by " + holder,
                     "a run is in progress; meanwhile others exit with 11");
  }
}

void check_rights(const storage::ServerFacts& facts, Findings& findings) {
  std::string rights = "role " + facts.role + " may read";
  rights += facts.may_run ? ", run" : "";
  rights += facts.may_close ? ", close" : "";
  if (!facts.may_read) {
    findings.failed("rights", "role " + facts.role + " may not read the ledger",
                    "grant it a role of docs/roles.sql");
  } else if (facts.may_change_history) {
    findings.warning("rights", rights + ", and change what was recorded",
                     "use a role of docs/roles.sql; the owner is for `db migrate`");
  } else {
    findings.fine("rights", rights);
  }
}

void check_server_clock(std::chrono::milliseconds ahead, Findings& findings) {
  const auto size = std::chrono::abs(ahead);
  if (size < kSkewNoted) {
    findings.fine("server's clock", "as ours");
    return;
  }
  const std::string text =
      format_duration(size) + (ahead.count() > 0 ? " ahead of ours" : " behind ours");
  const char* advice = "synchronise both clocks (NTP): tasks and closed periods go by ours";
  if (size > kSkewMax) {
    findings.failed("server's clock", text, advice);
  } else {
    findings.warning("server's clock", text, advice);
  }
}

void check_server(const std::string& ledger, Findings& findings) {
  static_cast<void>(storage::open_ledger_reader(ledger));  // throws if the schema is another one
  const storage::LedgerUrl url(ledger);
  const storage::ServerFacts facts = storage::server_facts(url);
  findings.fine("ledger", url.shown() + " can be read");
  findings.fine("server", "PostgreSQL " + facts.version +
                              (facts.pooled ? ", behind a pooler" : ", without a pooler"));
  check_rights(facts, findings);
  check_server_clock(facts.ahead_of_us, findings);
  check_lock(ledger, findings);
}

}  // namespace

void check_ledger(const Settings& settings, Findings& findings) {
  try {
    const std::string ledger = ledger_path(settings);
    if (storage::is_postgres_url(ledger)) {
      check_server(ledger, findings);
      return;
    }
    check_ledger_folder(ledger, findings);
    std::error_code unknown;
    if (fs::status(ledger, unknown).type() == fs::file_type::not_found) {
      findings.fine("ledger", "none yet at " + ledger + "; the first run creates it");
      return;
    }
    check_lock(ledger, findings);
    const std::vector<std::string> damage = storage::check_ledger_file(ledger);
    if (!damage.empty()) {
      findings.failed("ledger", ledger + " is damaged: " + damage.front(),
                      "keep a copy, then restore a backup; see `reeltally db check`");
    } else {
      findings.fine("ledger", ledger + " is sound");
      warn_of_shared_tasks(settings, ledger, core::SharedTaskScope::ledger,
                           [&](const std::string& text, const std::string& advice) {
                             findings.warning("accounts", text, advice);
                           });
    }
  } catch (const storage::LedgerUnreadable& failure) {
    findings.failed("ledger", failure.what(), "", ExitCode::no_ledger);
  } catch (const core::UsageError& failure) {
    findings.failed("ledger", failure.what(), "");
  } catch (const core::Error& failure) {
    findings.failed("ledger", failure.what(), "");
  }
}

}  // namespace cmd
