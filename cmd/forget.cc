#include "cmd/forget.h"

#include <charconv>
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
#include "storage/sqlite/forgetting.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/maintenance.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownMax = 200;

std::vector<core::TaskId> ids_of(const std::vector<std::string>& texts) {
  std::vector<core::TaskId> ids;
  for (const std::string& text : texts) {
    auto parsed = core::TaskId::parse(text);
    if (const auto* failure = std::get_if<core::IdFailure>(&parsed)) {
      throw core::UsageError(std::string(core::describe(*failure)) + ": " +
                             core::printable(text, kShownMax));
    }
    ids.push_back(std::get<core::TaskId>(std::move(parsed)));
  }
  return ids;
}

std::int64_t run_of(const std::string& text) {
  std::int64_t run = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), run);
  if (error != std::errc() || end != text.data() + text.size() || run < 1) {
    throw core::UsageError(
        "--failed-import takes the number of a run, which its summary names, not " +
        core::printable(text, kShownMax) + "; task IDs are arguments of forget");
  }
  return run;
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
  const std::string ledger = ledger_file(settings);
  storage::require_ledger(ledger);  // before the lock creates a file
  const storage::Lock lock(ledger, settings.duration("lock-wait"));
  const core::UtcTime now = core::SystemClock().utc();
  static_cast<void>(storage::migrate_ledger(ledger, now, !settings.flag("no-backup")));
  const auto report =
      import ? storage::forget_import(ledger, run, now)
             : std::optional(storage::forget_tasks(ledger, settings.text("account"), ids, now));
  if (!report) {
    throw core::UsageError("no run " + *import + " in the ledger " + ledger);
  }
  tell(*report, settings.flag("json"), log, out);
  return report->refused.empty() ? ExitCode::ok : ExitCode::partly;
}

}  // namespace cmd
