#include "cmd/status.h"

#include <date/date.h>
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
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/os/terminal.h"
#include "core/billing/billing.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/ledger/ledger_reader.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kNameWidth = 23;

std::optional<std::string> time_text(const std::optional<core::UtcTime>& time) {
  if (!time) {
    return std::nullopt;
  }
  return date::format("%Y-%m-%dT%H:%M:%SZ", date::floor<std::chrono::seconds>(*time));
}

// ASCII only on a terminal: JSON does not escape C1 and bidirectional controls.
void print(std::ostream& out, const Json& json) {
  print_json(out, json, isatty(STDOUT_FILENO) != 0);
}

// "2026-06-01T04:00:00Z (3h 12m ago)"
std::string with_distance(const core::UtcTime& time, core::UtcTime now) {
  const auto distance = now - time;
  const bool past = distance.count() >= 0;
  return *time_text(time) + " (" + (past ? "" : "in ") +
         format_duration(past ? distance : -distance) + (past ? " ago)" : ")");
}

void totals_json(std::ostream& out, const core::LedgerTotals& totals) {
  Json json;
  json["type"] = "totals";
  json["tasks"] = totals.tasks;
  json["unfinished"] = totals.unfinished;
  json["succeeded"] = totals.succeeded;
  json["failed"] = totals.failed;
  json["missing"] = totals.missing;
  json["stale"] = totals.stale;
  json["forgotten"] = totals.forgotten;
  json["videos_wanted"] = totals.videos_wanted;
  json["videos_done"] = totals.videos_done;
  json["videos_failed"] = totals.videos_failed;
  json["videos_expired"] = totals.videos_expired;
  const auto oldest = time_text(totals.oldest_unfinished);
  const auto soonest = time_text(totals.soonest_expiry);
  json["oldest_unfinished"] = oldest ? Json(*oldest) : Json();
  json["soonest_expiry"] = soonest ? Json(*soonest) : Json();
  print(out, json);
}

void totals_text(std::ostream& out, const core::LedgerTotals& totals, core::UtcTime now) {
  const auto row = [&out](const char* name, std::uint64_t count, const std::string& note = "") {
    out << std::left << std::setw(kNameWidth + 1) << name << std::right << std::setw(10) << count
        << (note.empty() ? "" : "  ") << note << '\n';
  };
  row("tasks", totals.tasks);
  row("  succeeded", totals.succeeded);
  row("  failed", totals.failed);
  row("  unfinished", totals.unfinished,
      totals.oldest_unfinished ? "oldest " + with_distance(*totals.oldest_unfinished, now) : "");
  row("    of these stale", totals.stale);
  row("  missing", totals.missing);
  if (totals.forgotten > 0) {
    row("forgotten tasks", totals.forgotten);
  }
  row("videos on disk", totals.videos_done);
  row("  wanted", totals.videos_wanted,
      totals.soonest_expiry ? "soonest expiry " + with_distance(*totals.soonest_expiry, now) : "");
  row("  failed", totals.videos_failed);
  row("  expired", totals.videos_expired);
}

Json row_json(const core::ViewRow& row) {
  Json json = Json::object();
  for (const auto& [name, value] : row) {
    json[name] = value ? Json(*value) : Json();
  }
  return json;
}

std::string cell(const core::ViewRow& row, std::string_view name) {
  constexpr std::size_t kCellMax = 200;
  for (const auto& [column, value] : row) {
    if (column == name) {
      return value ? core::printable(core::redact_keys(core::redact_urls(*value)), kCellMax) : "-";
    }
  }
  return "-";
}

void history_json(std::ostream& out, const core::TaskHistory& history) {
  const auto print_typed = [&out](const char* type, const Json& row) {
    Json json;
    json["type"] = type;
    json.update(row);
    print(out, json);
  };
  print_typed("task", row_json(history.task));
  for (const core::SnapshotRecord& snapshot : history.snapshots) {
    Json json = row_json(snapshot.columns);
    json["usage"] = Json::object();
    for (const core::ViewRow& metric : snapshot.usage) {
      json["usage"][metric.at(0).second.value_or("")] = metric.at(1).second.value_or("");
    }
    // Exact for UTF-8; for other encodings the exact bytes are only in the ledger.
    json["answer"] = snapshot.answer ? Json(*snapshot.answer) : Json();
    print_typed("snapshot", json);
  }
  for (const core::ViewRow& video : history.videos) {
    print_typed("video", row_json(video));
  }
}

void history_text(std::ostream& out, const core::TaskHistory& history) {
  out << cell(history.task, "task_id") << '\n';
  for (const auto& [name, value] : history.task) {
    if (value && name != "task_id") {
      out << "  " << padded(name, kNameWidth) << ' ' << cell(history.task, name) << '\n';
    }
  }
  for (const core::SnapshotRecord& snapshot : history.snapshots) {
    const core::ViewRow& row = snapshot.columns;
    out << "  snapshot " << cell(row, "snapshot_id") << "  " << cell(row, "observed_at") << "  run "
        << cell(row, "run_id") << "  HTTP " << cell(row, "http_status") << "  "
        << cell(row, "status") << "  " << cell(row, "progress") << "  " << cell(row, "raw_bytes")
        << " bytes" << (snapshot.answer ? "" : " (pruned)") << '\n';
    for (const core::ViewRow& metric : snapshot.usage) {
      out << "    " << padded(cell(metric, "name"), kNameWidth) << ' ' << cell(metric, "value")
          << '\n';
    }
  }
  for (const core::ViewRow& video : history.videos) {
    out << "  video " << cell(video, "video_index") << "  " << cell(video, "state") << "  "
        << cell(video, "path") << "  " << cell(video, "bytes") << " bytes  expires "
        << cell(video, "expires_at") << "  " << cell(video, "last_error") << '\n';
  }
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
  json["started_at"] = *time_text(run.started_at);
  json["alive_until"] = *time_text(run.alive_until);
  const auto finished = time_text(run.finished_at);
  json["finished_at"] = finished ? Json(*finished) : Json();
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
    json.update(row_json(found->columns));
    json["answer"] = found->answer ? Json(*found->answer) : Json();
    print(out, json);
  } else if (found->answer) {
    out << (isatty(STDOUT_FILENO) != 0 ? core::printable(*found->answer, found->answer->size() * 4)
                                       : *found->answer);
  }
  if (!found->answer) {
    log.error("the answer of line " + line + " was deleted by `db prune`; its SHA-256 was " +
              cell(found->columns, "raw_sha256"));
    return ExitCode::partly;
  }
  log.note("task " + cell(found->columns, "task_id") + ", answer of " +
           cell(found->columns, "observed_at") + ", SHA-256 " + cell(found->columns, "raw_sha256"));
  return ExitCode::ok;
}

}  // namespace

ExitCode status(const Settings& settings, Log& log, std::ostream& out) {
  const auto ledger = storage::open_ledger_reader(ledger_path(settings));
  const core::SystemClock clock;
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
    const core::LedgerTotals totals = ledger->totals(clock.utc());
    if (as_json) {
      totals_json(out, totals);
    } else {
      totals_text(out, totals, clock.utc());
    }
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
    } else if (as_json) {
      history_json(out, *task);
    } else {
      history_text(out, *task);
    }
  }
  return code;
}

}  // namespace cmd
