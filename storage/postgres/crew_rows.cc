#include "storage/postgres/crew_rows.h"

#include <algorithm>

#include "core/ledger/lease.h"

namespace storage {
namespace {

bool ask(Connection& connection, const std::string& condition, const Parameters& parameters) {
  Rows row = connection.query("SELECT " + condition, parameters);
  return row.next_integer() != 0;
}

bool is_busy(Connection& connection, const RunFence& fence) {
  return ask(connection,
             "EXISTS (SELECT 1 FROM work WHERE run = $1 AND settled = 0) OR $2 = 1 AND EXISTS "
             "(SELECT 1 FROM video AS v JOIN work AS w ON w.task = v.task JOIN snapshot AS s ON "
             "s.id = v.snapshot WHERE v.state = 0 AND w.run = $1 AND v.settled_run <> $1 AND "
             "s.block IS NOT NULL)",
             Parameters().add(fence.run()).add(std::int64_t{fence.terms().downloads ? 1 : 0}));
}

}  // namespace

bool is_any_work_free(Connection& connection) {
  return ask(connection,
             "EXISTS (SELECT 1 FROM work WHERE run = 0 AND settled = 0) OR EXISTS "
             "(SELECT 1 FROM work WHERE run = 0 AND settled = 1)",
             {});
}

// A run without work leaves its share to the others.
void renew_place(Connection& connection, const RunFence& fence, std::uint64_t slow_downs,
                 CrewPlace& place) {
  const std::int64_t run = fence.run();
  const bool free = is_any_work_free(connection);
  const bool busy = is_busy(connection, fence);
  Rows row = connection.query(
      "SELECT c.rate, count(o.run) FILTER (WHERE o.shares), "
      "count(o.run) FILTER (WHERE o.shares AND o.run < $1), coalesce(sum(o.share), 0)::bigint, "
      "c.slow_downs - (SELECT slow_downs FROM runner WHERE run = $1) "
      "FROM crew AS c LEFT JOIN (SELECT n.run, n.share, (n.share > 0 OR n.busy = 1 OR $3 = 1) AS "
      "shares FROM runner AS n JOIN run AS r ON r.id = n.run WHERE n.crew = $2 AND n.run <> $1 AND "
      "n.lost = 0 AND r.finished_at IS NULL) AS o ON true GROUP BY c.id",
      Parameters().add(run).add(fence.terms().crew).add(std::int64_t{free ? 1 : 0}));
  if (!row.step()) {
    return;
  }
  const std::int64_t rate = row.integer(0);
  const core::RateMember me{
      .members = 1 + row.integer(1), .before = row.integer(2), .taken = row.integer(3)};
  const auto refused = static_cast<std::uint64_t>(row.integer(4));
  std::int64_t share = 0;
  if (rate > 0 && (busy || free)) {
    const std::int64_t own = fence.terms().rate;
    share = core::free_share(rate, me);
    place.is_waiting = share < core::equal_share(rate, me);
    share = own > 0 ? std::min(share, own) : share;
  } else {
    place.is_waiting = false;
  }
  place.share = rate > 0 ? std::optional(share) : std::nullopt;
  place.slow_downs_before = place.is_known ? place.slow_downs_before : refused;
  place.slow_downs = refused - std::min(refused, place.slow_downs_before);
  place.is_known = true;
  // The crew's sum, so that nobody adds up the runs of years.
  connection.execute(
      "UPDATE crew SET slow_downs = crew.slow_downs + $2 - n.slow_downs FROM runner AS n "
      "WHERE n.run = $1 AND n.slow_downs <> $2",
      Parameters().add(run).add(static_cast<std::int64_t>(slow_downs)));
  connection.execute("UPDATE runner SET share = $2, busy = $3, slow_downs = $4 WHERE run = $1",
                     Parameters()
                         .add(run)
                         .add(share)
                         .add(std::int64_t{busy ? 1 : 0})
                         .add(static_cast<std::int64_t>(slow_downs)));
}

// Its own lease may be over by the clock: this statement may have waited for a row's lock.
void declare_others_lost(Connection& connection, const RunFence& fence) {
  connection.execute(
      "UPDATE runner SET lost = 1 WHERE run <> $1 AND lost = 0 AND "
      "alive_until < now_milliseconds() AND run IN (SELECT id FROM run WHERE finished_at IS NULL)",
      Parameters().add(fence.run()));
  free_work_of_the_gone(connection);
}

void free_work_of_the_gone(Connection& connection) {
  // Of the live runs, which are few: the others are those of years.
  const std::string gone =
      "run <> 0 AND work.run NOT IN (SELECT r.id FROM run AS r JOIN runner AS n ON n.run = r.id "
      "WHERE r.finished_at IS NULL AND n.lost = 0)";
  connection.execute("UPDATE work SET run = 0 WHERE settled = 0 AND work." + gone);
  connection.execute(
      "UPDATE work SET run = 0 FROM video AS v WHERE v.task = work.task AND v.state = 0 AND "
      "v.settled_run <> work.run AND work." +
      gone);
}

}  // namespace storage
