#include "cmd/status.h"

#include <unistd.h>

#include <array>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/history/overview_text.h"
#include "cmd/history/task_cost.h"
#include "cmd/history/task_text.h"
#include "cmd/history/view_row.h"
#include "cmd/os/json_text.h"
#include "cmd/os/terminal.h"
#include "cmd/report/report_plan.h"
#include "core/billing/billing.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/ledger/ledger_reader.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

// ASCII only on a terminal: JSON does not escape C1 and bidirectional controls.
void print(std::ostream& out, const Json& json) {
  print_json(out, json, isatty(STDOUT_FILENO) != 0);
}

const char* state_name(core::CrewRun::State state) {
  switch (state) {
    case core::CrewRun::State::alive:
      return "alive";
    case core::CrewRun::State::silent:
      return "silent";
    case core::CrewRun::State::lost:
      return "lost";
    case core::CrewRun::State::ended:
      break;
  }
  return "ended";
}

void crew_json(std::ostream& out, const core::CrewRun& run) {
  Json json;
  json["type"] = "crew_run";
  json["run_id"] = run.run;
  json["host"] = run.host;
  json["state"] = state_name(run.state);
  json["started_at"] = utc_second(run.started_at);
  json["alive_until"] = utc_second(run.alive_until);
  json["finished_at"] = run.finished_at ? Json(utc_second(*run.finished_at)) : Json();
  json["exit_code"] = run.exit_code ? Json(*run.exit_code) : Json();
  json["rate_share"] = run.rate_share ? Json(*run.rate_share) : Json();
  json["answers"] = run.answers;
  json["open_tasks"] = run.open_tasks;
  json["open_videos"] = run.open_videos;
  print(out, json);
}

std::string lease_text(const core::CrewRun& run, core::UtcTime now) {
  if (run.state == core::CrewRun::State::ended) {
    return "exit code " + std::to_string(run.exit_code.value_or(0)) + " at " +
           with_distance(*run.finished_at, now);
  }
  return "lease until " + with_distance(run.alive_until, now);
}

void crew_text(std::ostream& out, const std::vector<core::CrewRun>& runs, core::UtcTime now) {
  constexpr std::size_t kHostMax = 40;
  const auto row = [&out](const std::string& name, const std::string& state,
                          const std::array<std::string, 4>& cells, const std::string& note) {
    out << padded(name, 9) << ' ' << padded(state, 6);
    for (const std::string& cell : cells) {
      out << std::right << std::setw(12) << cell;
    }
    out << (note.empty() ? "" : "  ") << note << '\n';
  };
  row("run", "state", {"answers", "open tasks", "open videos", "rate"}, "");
  core::CrewRun sum;
  for (const core::CrewRun& run : runs) {
    row(std::to_string(run.run), state_name(run.state),
        {std::to_string(run.answers), std::to_string(run.open_tasks),
         std::to_string(run.open_videos), run.rate_share ? std::to_string(*run.rate_share) : "-"},
        core::printable(run.host, kHostMax) + ", " + lease_text(run, now));
    sum.answers += run.answers;
    sum.open_tasks += run.open_tasks;
    sum.open_videos += run.open_videos;
    sum.rate_share = sum.rate_share.value_or(0) + run.rate_share.value_or(0);
  }
  row("all", "",
      {std::to_string(sum.answers), std::to_string(sum.open_tasks), std::to_string(sum.open_videos),
       sum.rate_share.value_or(0) > 0 ? std::to_string(*sum.rate_share) : "-"},
      "");
}

ExitCode show_crew(core::LedgerReader& ledger, const std::string& name, bool as_json, Log& log,
                   std::ostream& out) {
  const std::vector<core::CrewRun> runs = ledger.crew(name);
  if (runs.empty()) {
    log.error("no run has worked on this ledger with --crew " + name);
    return ExitCode::partly;
  }
  if (as_json) {
    for (const core::CrewRun& run : runs) {
      crew_json(out, run);
    }
  } else {
    crew_text(out, runs, core::SystemClock().utc());
  }
  return ExitCode::ok;
}

// A file or pipe gets the exact bytes, so that their SHA-256 is that of the line; a terminal gets
// no control characters.
ExitCode show_line(core::LedgerReader& ledger, const std::string& line, bool as_json, Log& log,
                   std::ostream& out) {
  const auto origin = core::origin_of_line(line);
  if (!origin) {
    throw core::UsageError("--line " + line +
                           ": not a line ID, which looks like 4711-0123456789ab, as in the column "
                           "line_id of a report");
  }
  const auto found = ledger.answer_of(origin->snapshot, origin->sha256_begin);
  if (!found) {
    log.error("the ledger has no answer for line " + line +
              "; does the line come from another ledger?");
    return ExitCode::partly;
  }
  if (as_json) {
    Json json;
    json["type"] = "line";
    json["line_id"] = line;
    json.update(cmd::json_of(found->columns));
    json["answer"] = found->answer ? Json(*found->answer) : Json();
    print(out, json);
  } else if (found->answer) {
    out << (isatty(STDOUT_FILENO) != 0 ? core::printable(*found->answer, found->answer->size() * 4)
                                       : *found->answer);
  }
  if (!found->answer) {
    log.error("the answer of line " + line + " was deleted by `db prune`; its SHA-256 was " +
              shown_in(found->columns, "raw_sha256"));
    return ExitCode::partly;
  }
  log.note("task " + shown_in(found->columns, "task_id") + ", answer of " +
           shown_in(found->columns, "observed_at") + ", SHA-256 " +
           shown_in(found->columns, "raw_sha256"));
  return ExitCode::ok;
}

void show_overview(core::LedgerReader& ledger, bool as_json, std::ostream& out) {
  const core::UtcTime now = core::SystemClock().utc();
  const core::LedgerOverview overview = ledger.overview(now);
  const std::vector<core::ViewRow> runs = ledger.last_runs(1);
  const auto last_run = runs.empty() ? std::nullopt : std::optional(runs.front());
  if (as_json) {
    print_overview_json(out, overview, last_run);
  } else {
    print_overview(out, overview, last_run, now);
  }
}

void show_task(const Settings& settings, const core::TaskHistory& task, std::ostream& out) {
  if (settings.flag("json")) {
    print_task_json(out, task);
    return;
  }
  const auto prices =
      read_price_file(settings.given_text("prices").value_or(""), settings.count("quota-per-unit"));
  print_task_story(out, task,
                   costs_of(ledger_path(settings), prices ? &prices->book : nullptr, task.key),
                   core::SystemClock().utc());
  if (settings.count("verbose") > 0) {
    print_task_columns(out, task);
  }
}

}  // namespace

ExitCode status(const Settings& settings, Log& log, std::ostream& out) {
  const auto ledger = storage::open_ledger_reader(ledger_path(settings));
  const bool as_json = settings.flag("json");
  if (const auto line = settings.given_text("line")) {
    if (!settings.arguments().empty()) {
      throw core::UsageError("give either --line or task IDs");
    }
    return show_line(*ledger, *line, as_json, log, out);
  }
  if (const auto crew = settings.given_text("crew")) {
    if (!settings.arguments().empty()) {
      throw core::UsageError("give either --crew or task IDs");
    }
    return show_crew(*ledger, *crew, as_json, log, out);
  }
  if (settings.arguments().empty()) {
    show_overview(*ledger, as_json, out);
    return ExitCode::ok;
  }
  ExitCode code = ExitCode::ok;
  for (const std::string& text : settings.arguments()) {
    const auto parsed = core::TaskId::parse(text);
    if (const auto* failure = std::get_if<core::IdFailure>(&parsed)) {
      throw core::UsageError(std::string(core::describe(*failure)) + ": " + text);
    }
    const auto task = ledger->task(settings.text("account"), std::get<core::TaskId>(parsed));
    if (!task) {
      log.error("no task " + text + " in the ledger for account " + settings.text("account"));
      code = ExitCode::partly;
    } else {
      show_task(settings, *task, out);
    }
  }
  return code;
}

}  // namespace cmd
