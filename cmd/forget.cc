#include "cmd/forget.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "core/clock.h"
#include "core/domain/task.h"
#include "core/error.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"
#include "storage/postgres/ledger_url.h"
#include "storage/postgres/server_upkeep.h"
#include "storage/sqlite/forgetting.h"
#include "storage/sqlite/maintenance.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kIdShownMax = 200;

std::vector<core::TaskId> ids_of(const std::vector<std::string>& texts) {
  std::vector<core::TaskId> ids;
  for (const std::string& text : texts) {
    auto parsed = core::TaskId::parse(text);
    if (const auto* failure = std::get_if<core::IdFailure>(&parsed)) {
      throw core::UsageError(std::string(core::describe(*failure)) + ": " +
                             core::printable(text, kIdShownMax));
    }
    ids.push_back(std::get<core::TaskId>(std::move(parsed)));
  }
  return ids;
}

std::int64_t run_of(const std::string& text) {
  const auto run = parse_run_number(text);
  if (!run) {
    throw core::UsageError(
        "--failed-import takes the number of a run, which its summary names, not " +
        core::printable(text, kIdShownMax) + "; task IDs are arguments of forget");
  }
  return *run;
}

const char* reason_of(storage::ForgetRefusal why) {
  return why == storage::ForgetRefusal::unknown
             ? "the ledger has no such task for this account"
             : "it has a final answer or a video, which may be on a bill";
}

void tell(const storage::ForgetReport& report, bool as_json, Log& log, std::ostream& out) {
  for (const storage::RefusedTask& task : report.refused) {
    const char* reason = reason_of(task.why);
    if (as_json) {
      print_json(out, {{"type", "refused"}, {"task_id", task.task_id}, {"reason", reason}});
    } else {
      log.error(task.task_id + " is not forgotten: " + reason);
    }
  }
  if (as_json) {
    print_json(out, {{"type", "forgotten"},
                     {"tasks", report.forgotten},
                     {"refused", report.refused.size()},
                     {"answered", report.answered}});
    return;
  }
  log.note(format_count(report.forgotten, "task") + " forgotten" +
           (report.forgotten == 0 ? "" : ", until a FILE of `run` names them again") +
           (report.answered == 0 ? ""
                                 : "; " + format_count(report.answered, "task") +
                                       " of the run stay: they have a final answer"));
}

}  // namespace

ExitCode forget(const Settings& settings, Log& log, std::ostream& out) {
  const auto import = settings.given_text("failed-import");
  const std::vector<core::TaskId> ids = ids_of(settings.arguments());
  if (ids.empty() == !import.has_value()) {
    throw core::UsageError("forget takes either task IDs or --failed-import RUN");
  }
  const std::int64_t run = import ? run_of(*import) : 0;
  const std::string ledger = ledger_path(settings);
  const storage::LedgerHold hold(ledger, settings.duration("lock-wait"));
  const core::UtcTime now = core::SystemClock().utc();
  const auto forget_in = [&](const auto& place) {
    return import ? storage::forget_import(place, run, now)
                  : std::optional(storage::forget_tasks(place, settings.text("account"), ids, now));
  };
  std::optional<storage::ForgetReport> report;
  if (storage::is_postgres_url(ledger)) {
    report = forget_in(storage::LedgerUrl(ledger));
  } else {
    static_cast<void>(storage::migrate_ledger(ledger, now, !settings.flag("no-backup")));
    report = forget_in(ledger);
  }
  if (!report) {
    throw core::UsageError("no run " + *import + " in the ledger " + ledger);
  }
  tell(*report, settings.flag("json"), log, out);
  return report->refused.empty() ? ExitCode::ok : ExitCode::partly;
}

}  // namespace cmd
