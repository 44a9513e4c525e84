#include "storage/postgres/crew_reader.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace storage {
namespace {

constexpr const char* kRuns =
    "SELECT r.id, r.host, r.started_at, n.alive_until, r.finished_at, r.exit_code, n.lost, "
    "n.alive_until < now_milliseconds(), n.share, c.rate "
    "FROM run AS r JOIN runner AS n ON n.run = r.id, crew AS c WHERE n.crew = $1 ORDER BY r.id "
    "DESC";

core::CrewRun run_of(const Rows& row) {
  core::CrewRun run{.run = row.integer(0), .host = std::string(row.text(1))};
  run.started_at = row.time(2).value_or(core::UtcTime{});
  run.alive_until = row.time(3).value_or(core::UtcTime{});
  run.finished_at = row.time(4);
  if (run.finished_at) {
    run.state = core::CrewRun::State::ended;
    run.exit_code = static_cast<int>(row.integer(5));
  } else if (row.integer(6) != 0) {
    run.state = core::CrewRun::State::lost;
  } else if (row.integer(7) != 0) {
    run.state = core::CrewRun::State::silent;
  }
  const bool is_open =
      run.state == core::CrewRun::State::alive || run.state == core::CrewRun::State::silent;
  if (is_open && row.integer(9) > 0) {
    run.rate_share = row.integer(8);
  }
  return run;
}

core::UtcTime end_of(const core::CrewRun& run) {
  return run.finished_at.value_or(run.state == core::CrewRun::State::lost ? run.alive_until
                                                                          : core::UtcTime::max());
}

// The last run and those that it met, or that they met.
std::vector<core::CrewRun> last_crew(Connection& connection, const std::string& name) {
  std::vector<core::CrewRun> runs;
  Rows rows = connection.query(kRuns, Parameters().add(name));
  core::UtcTime began = core::UtcTime::min();
  while (rows.step()) {
    core::CrewRun run = run_of(rows);
    if (end_of(run) < began) {
      break;
    }
    began = runs.empty() ? run.started_at : std::min(began, run.started_at);
    runs.push_back(std::move(run));
  }
  std::reverse(runs.begin(), runs.end());
  return runs;
}

// The last snapshot that is older than the crew: all later ones are of its runs.
std::int64_t last_before(Connection& connection, std::int64_t first_run) {
  std::int64_t before = 0;
  Rows last = connection.query("SELECT coalesce(max(id), 0) FROM snapshot");
  std::int64_t end = last.next_integer();
  while (before < end) {
    const std::int64_t middle = before + (end - before) / 2 + 1;
    Rows row = connection.query("SELECT run FROM snapshot WHERE id >= $1 ORDER BY id LIMIT 1",
                                Parameters().add(middle));
    if (row.step() && row.integer(0) < first_run) {
      before = middle;
    } else {
      end = middle - 1;
    }
  }
  return before;
}

std::map<std::int64_t, std::uint64_t> counts(Connection& connection, const char* text,
                                             const Parameters& parameters = {}) {
  std::map<std::int64_t, std::uint64_t> by_run;
  Rows rows = connection.query(text, parameters);
  while (rows.step()) {
    by_run[rows.integer(0)] = static_cast<std::uint64_t>(rows.integer(1));
  }
  return by_run;
}

}  // namespace

std::vector<core::CrewRun> crew_runs(Connection& connection, const std::string& name) {
  std::vector<core::CrewRun> runs = last_crew(connection, name);
  if (runs.empty()) {
    return runs;
  }
  auto answers = counts(connection, "SELECT run, count(*) FROM snapshot WHERE id > $1 GROUP BY run",
                        Parameters().add(last_before(connection, runs.front().run)));
  auto tasks = counts(connection,
                      "SELECT run, count(*) FROM work WHERE settled = 0 AND run > 0 GROUP BY run");
  auto videos = counts(connection,
                       "SELECT w.run, count(*) FROM video AS v JOIN work AS w ON w.task = v.task "
                       "WHERE v.state = 0 AND v.settled_run <> w.run GROUP BY w.run");
  for (core::CrewRun& run : runs) {
    run.answers = answers[run.run];
    run.open_tasks = tasks[run.run];
    run.open_videos = videos[run.run];
  }
  return runs;
}

}  // namespace storage
