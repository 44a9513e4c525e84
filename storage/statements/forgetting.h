// Which tasks can be taken back, and how, on any engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"
#include "core/error.h"
#include "storage/statements/maintained.h"

namespace storage {

/// Why a task cannot be forgotten.
enum class ForgetRefusal {
  unknown,   ///< the ledger has no such task
  answered,  ///< it has a final answer or a video: it may be on a bill
};

struct RefusedTask {
  std::string task_id;
  ForgetRefusal why = ForgetRefusal::unknown;
};

struct ForgetReport {
  std::uint64_t forgotten = 0;       ///< including those that were forgotten before
  std::uint64_t answered = 0;        ///< of a run's tasks: kept, because they have a final answer
  std::vector<RefusedTask> refused;  ///< of the named tasks
};

/// A condition on `task` as `t`: it can be taken back.
inline const std::string kNoAnswer =
    "(t.final_snapshot IS NULL AND t.state IN (0, 3) AND "
    "NOT EXISTS (SELECT 1 FROM video AS v WHERE v.task = t.id))";
/// {task, whether it can be taken back} of the task $2 of the account $1.
inline const std::string kNamedTask = "SELECT t.id, " + kNoAnswer +
                                      " FROM task AS t JOIN account AS a ON a.id = t.account "
                                      "WHERE a.name = $1 AND t.task_id = $2";
/// Of the task $1, at the time $2.
inline constexpr const char* kForgetTask =
    "INSERT INTO forgotten (task, forgotten_at) VALUES ($1, $2) ON CONFLICT (task) DO NOTHING";

/// The runs, with the time until which each of them may have imported tasks: a killed one until
/// `last_sign`, an expression over `run` as `r`, or, if that is null, until the next one began
/// that was not of its crew.
[[nodiscard]] inline std::string run_times(const std::string& last_sign) {
  return "(SELECT r.id, r.inputs, r.started_at, coalesce(r.finished_at, " + last_sign +
         ", (SELECT min(n.started_at) FROM run AS n WHERE n.id > r.id AND "
         "(r.crew = '' OR n.crew <> r.crew)), 9223372036854775807) "
         "AS ended_at FROM run AS r)";
}
/// {begin, end} of the run $1.
[[nodiscard]] inline std::string time_of_run(const std::string& last_sign) {
  return "SELECT m.started_at, m.ended_at FROM " + run_times(last_sign) + " AS m WHERE m.id = $1";
}
/// {run}: one that read other lists at the same time as the run $1, if any. One name stands for one
/// list, except `-`.
[[nodiscard]] inline std::string run_beside(const std::string& last_sign) {
  return "SELECT min(o.id) FROM " + run_times(last_sign) + " AS m JOIN " + run_times(last_sign) +
         " AS o ON o.id <> m.id AND o.started_at < m.ended_at AND o.ended_at > m.started_at "
         "WHERE m.id = $1 AND o.inputs <> '[]' AND "
         "(o.inputs <> m.inputs OR o.inputs LIKE '%\"-\"%')";
}
/// A condition on `task` as `t`: first seen from $1 to $2.
inline const std::string kSeenThen = "t.first_seen >= $1 AND t.first_seen <= $2";

/// `find` returns the first row of kNamedTask for an account and a task ID.
template <typename Ledger>
concept ForgettingLedger = MaintainedLedger<Ledger> &&
    requires(Ledger& ledger, const std::string& text) {
  { ledger.find(text, text, text).step() } -> std::same_as<bool>;
};

/// As forget_tasks of an engine.
template <ForgettingLedger Ledger>
[[nodiscard]] ForgetReport forget_named(Ledger& ledger, const std::string& account,
                                        const std::vector<core::TaskId>& ids, core::UtcTime now) {
  ForgetReport report;
  for (const core::TaskId& id : ids) {
    std::int64_t task = 0;
    std::optional<ForgetRefusal> refusal = ForgetRefusal::unknown;
    if (auto found = ledger.find(kNamedTask, account, id.text()); found.step()) {
      task = found.integer(0);
      refusal = found.integer(1) == 0 ? std::optional(ForgetRefusal::answered) : std::nullopt;
    }
    if (refusal) {
      report.refused.push_back({id.text(), *refusal});
    } else {
      ledger.change(kForgetTask, {task, now.time_since_epoch().count()});
      ++report.forgotten;
    }
  }
  return report;
}

/// As forget_import of an engine; `last_sign`: see run_times.
template <MaintainedLedger Ledger>
[[nodiscard]] std::optional<ForgetReport> forget_met(Ledger& ledger, std::int64_t run,
                                                     const std::string& last_sign,
                                                     core::UtcTime now) {
  auto& rows = ledger.rows();
  std::int64_t begin = 0;
  std::int64_t end = 0;
  {
    auto times = rows.select(time_of_run(last_sign), {run});
    if (!times.step()) {
      return std::nullopt;
    }
    begin = times.integer(0);
    end = times.integer(1);
  }
  if (const std::int64_t other = read_number(rows, run_beside(last_sign), {run}); other != 0) {
    throw core::UsageError("run " + std::to_string(run) + " and run " + std::to_string(other) +
                           " read different lists at the same time, and the ledger does not know "
                           "which of them imported a task; name the tasks instead");
  }
  const auto count = [&](const std::string& condition) {
    return static_cast<std::uint64_t>(
        read_number(rows, "SELECT count(*) FROM task AS t WHERE " + kSeenThen + " AND " + condition,
                    {begin, end}));
  };
  ForgetReport report;
  report.forgotten = count(kNoAnswer);
  report.answered = count("NOT " + kNoAnswer);
  ledger.change("INSERT INTO forgotten (task, forgotten_at) SELECT t.id, $3 FROM task AS t WHERE " +
                    kSeenThen + " AND " + kNoAnswer + " ON CONFLICT (task) DO NOTHING",
                {begin, end, now.time_since_epoch().count()});
  return report;
}

}  // namespace storage
