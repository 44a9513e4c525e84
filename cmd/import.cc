#include "cmd/import.h"

#include <exception>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "cmd/cli/units.h"
#include "cmd/cli/version.h"
#include "cmd/os/interrupt.h"
#include "cmd/os/json_text.h"
#include "cmd/os/process.h"
#include "cmd/run/gateway_lists.h"
#include "cmd/run/run_ledger.h"
#include "cmd/run/summary.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

constexpr std::size_t kListedIdShownMax = 100;
constexpr std::uint64_t kListedRejectsNamedMax = 100;

// One import, from the lock to its summary.
class Import {
 public:
  Import(const Settings& settings, Log& log)
      : settings_(settings), log_(log), account_(chosen_account(settings)) {}

  ExitCode execute(std::ostream& out);

 private:
  [[nodiscard]] core::RunStart start() const;
  void read_list(core::WorkList& work_list);
  [[nodiscard]] std::uint64_t tasks_in_ledger() const;
  void reject(const core::RejectedRow& row);
  void end_run();
  void tell(std::uint64_t added, std::ostream& out);

  const Settings& settings_;
  Log& log_;
  Account account_;
  Interrupt interrupt_;
  core::SystemClock clock_;
  core::SteadyTime begin_ = clock_.steady();
  // Before the ledger is touched: a wrong token or URL changes nothing.
  core::UserApi api_ = user_api(
      account_, settings_,
      {.retries = settings_.count("retries"), .stop = [this] { return interrupt_.level() != 0; }});
  RunLedger ledger_{settings_, clock_, interrupt_};
  ListedTasks listed_;
  std::uint64_t rejected_ = 0;
  Summary summary_;
};

core::RunStart Import::start() const {
  return {.version = std::string(program_version()),
          .host = host_name(),
          .inputs = {kGatewayList},
          .accounts = {account_.name},
          .stale_after = settings_.duration("stale-after")};
}

std::uint64_t Import::tasks_in_ledger() const {
  const core::LedgerTotals totals =
      storage::open_ledger_reader(ledger_.name())->totals(clock_.utc());
  return totals.tasks;
}

void Import::reject(const core::RejectedRow& row) {
  if (++rejected_ <= kListedRejectsNamedMax) {
    log_.error(row.source + ": rejected: " + row.reason + ": " +
               core::printable(row.text, kListedIdShownMax));
  }
}

void Import::read_list(core::WorkList& work_list) {
  work_list.begin_import({});
  try {
    listed_ = each_listed_task(
        api_, clock_.utc(), settings_.duration("since"),
        [&](core::WantedTask&& task) { work_list.add(task, 0); },
        [&](const core::RejectedRow& row) { reject(row); });
  } catch (...) {
    (void)work_list.end_import();  // what was read so far stays
    throw;
  }
  const core::ImportOutcome rows = work_list.end_import();
  summary_.rows_read = listed_.listed;
  summary_.rows_rejected = listed_.rejected;
  summary_.duplicates = rows.duplicates;
  summary_.tally.requests = api_.requests();
}

ExitCode Import::execute(std::ostream& out) {
  try {
    ledger_.hold(start());
    summary_.run_id = ledger_.begin();
    const std::uint64_t before = tasks_in_ledger();
    read_list(ledger_.work());
    const core::RunTotals totals = ledger_.work().totals();
    summary_.tasks = totals.tasks;
    summary_.succeeded = totals.succeeded;
    summary_.failed = totals.failed;
    summary_.unfinished = totals.unfinished;
    summary_.missing = totals.missing;
    summary_.exit_code = listed_.rejected == 0 ? ExitCode::ok : ExitCode::partly;
    summary_.seconds = std::chrono::duration<double>(clock_.steady() - begin_).count();
    ledger_.require_alone();
    end_run();
    tell(tasks_in_ledger() - before, out);
  } catch (const core::Stopped&) {
    summary_.exit_code = exit_code_of_signal(interrupt_.signal());
    end_run();
    log_.error(
        "the import was stopped by a signal; what it had read stays in the ledger: import again "
        "for the rest");
  } catch (...) {
    summary_.exit_code = failure_of(std::current_exception()).exit_code;
    end_run();
    throw;
  }
  return summary_.exit_code;
}

void Import::end_run() {
  if (summary_.run_id != 0) {
    ledger_.work().end_run(exit_number(summary_.exit_code), summary_json(summary_));
  }
}

void Import::tell(std::uint64_t added, std::ostream& out) {
  if (settings_.flag("json")) {
    print_json(out, {{"type", "import"},
                     {"run_id", summary_.run_id},
                     {"exit_code", exit_number(summary_.exit_code)},
                     {"listed", listed_.listed},
                     {"tasks", summary_.tasks},
                     {"added", added},
                     {"rejected", listed_.rejected},
                     {"not_videos", listed_.others},
                     {"requests", api_.requests()},
                     {"seconds", summary_.seconds}});
    return;
  }
  log_.note(
      "import " + std::to_string(summary_.run_id) + ": " + format_count(summary_.tasks, "task") +
      " in the gateway's list of the last " + format_duration(settings_.duration("since")) + ", " +
      std::to_string(added) + " new in the ledger" +
      (listed_.rejected == 0 ? "" : ", " + format_count(listed_.rejected, "row") + " rejected") +
      (added == 0 ? "" : "; `run --pending` queries them"));
}

}  // namespace

ExitCode import_tasks(const Settings& settings, Log& log, std::ostream& out) {
  if (!settings.flag("from-gateway")) {
    throw core::UsageError(
        "import reads the gateway's own list of tasks: give --from-gateway; the tasks of a FILE "
        "are imported by `run FILE`");
  }
  return Import(settings, log).execute(out);
}

}  // namespace cmd
