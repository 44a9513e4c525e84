#include "storage/postgres/live_runs.h"

#include "storage/ledger_error.h"
#include "storage/postgres/process_mark.h"
#include "storage/postgres/run_fence.h"

namespace storage {

std::string LiveRun::name() const { return "run " + std::to_string(run) + " on " + host; }

OpenRuns open_runs(Connection& connection, std::chrono::milliseconds lease) {
  OpenRuns runs;
  Rows rows = connection.query(
      "SELECT n.run, n.crew, n.process, r.host, "
      "(n.alive_until + $1 - now_milliseconds() + 999) / 1000 FROM runner AS n JOIN run AS r ON "
      "r.id = n.run WHERE n.lost = 0 AND r.finished_at IS NULL ORDER BY n.run",
      Parameters().add(std::int64_t{lease.count()}));
  while (rows.step()) {
    const std::int64_t seconds = rows.integer(4);
    if (seconds <= 0 || is_gone(rows.text(2))) {
      runs.gone.push_back(rows.integer(0));
    } else {
      runs.live.push_back({.run = rows.integer(0),
                           .crew = std::string(rows.text(1)),
                           .host = std::string(rows.text(3)),
                           .seconds = seconds});
    }
  }
  return runs;
}

void declare_lost(Connection& connection, const std::vector<std::int64_t>& gone) {
  for (const std::int64_t run : gone) {
    connection.execute("UPDATE runner SET lost = 1 WHERE run = $1", Parameters().add(run));
  }
}

void require_no_run(Connection& connection) {
  lock_crew(connection);
  const OpenRuns runs = open_runs(connection, RunnerTerms{}.lease);
  if (!runs.live.empty()) {
    throw LedgerBusy(runs.live.front().name() + " holds the ledger " + connection.name() +
                     "; wait until it ends, or give --lock-wait DURATION");
  }
  declare_lost(connection, runs.gone);
}

}  // namespace storage
