// Numbers that a report shows beside its lines.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/answers/json_text.h"
#include "storage/statements/rows.h"

namespace storage {

/// {number, labels} of the tasks with the state that the query finds in [$1, $2). One row, without
/// labels, if the query has no label filter.
[[nodiscard]] std::string open_tasks_text(const core::ReportQuery& query, core::TaskState state);
/// {ID, request ID} of the same tasks, whatever their labels are.
[[nodiscard]] std::string each_open_task_text(const core::ReportQuery& query,
                                              core::TaskState state);
/// {ID, finish time, labels} of the finished tasks that are later than the newest answer by more
/// than $1.
[[nodiscard]] std::string future_tasks_text(const core::ReportQuery& query);
/// {time} of the newest answer.
inline constexpr const char* kNewestAnswer =
    "SELECT observed_at FROM snapshot ORDER BY id DESC LIMIT 1";
/// {account, ID} of the tasks without which the period $1 was closed.
inline constexpr const char* kWrittenOffTasks =
    "SELECT a.name, t.task_id FROM written_off AS w JOIN task AS t ON t.id = w.task "
    "JOIN account AS a ON a.id = t.account WHERE w.period = $1 ORDER BY w.task";
/// Lines of [$1, $2) without a cost, except reversals.
inline constexpr const char* kUnpricedShown =
    "SELECT count(*) FROM report_line WHERE billed_at >= $1 AND billed_at < $2 AND cost IS NULL "
    "AND reversal = 0";
/// Lines of the period $1 without a cost that no line reverses.
inline constexpr const char* kUnpricedStanding =
    "SELECT count(*) FROM report_line AS l WHERE l.incurred = $1 AND l.cost IS NULL AND "
    "l.reversal = 0 AND NOT EXISTS (SELECT 1 FROM report_line AS r WHERE r.task = l.task AND "
    "r.reversal <> 0 AND r.adjusts = l.line_id)";

/// {account, ID, frozen labels, labels now} of the lines of [$1, $2) whose task has other labels;
/// $3: the kind of main lines. The texts may differ only in their form.
inline constexpr const char* kRelabelled =
    "SELECT a.name, t.task_id, l.labels, t.labels FROM report_line AS l JOIN task AS t "
    "ON t.id = l.task JOIN account AS a ON a.id = t.account WHERE l.billed_at >= $1 AND "
    "l.billed_at < $2 AND l.kind = $3 AND l.reversal = 0 AND l.labels IS DISTINCT FROM t.labels "
    "ORDER BY l.billed_at, l.id";

template <RowSource Rows>
[[nodiscard]] core::OpenTasks count_open_tasks(Rows& source, const core::ReportQuery& query) {
  const auto count = [&](core::TaskState state) {
    auto row = source.select(open_tasks_text(query, state), {query.begin.time_since_epoch().count(),
                                                             query.end.time_since_epoch().count()});
    std::int64_t tasks = 0;
    while (row.step()) {
      tasks += core::passes(read_labels(row.text(1)), query.label_filter) ? row.integer(0) : 0;
    }
    return static_cast<std::uint64_t>(tasks);
  };
  return {.unfinished = count(core::TaskState::unfinished),
          .missing = count(core::TaskState::missing)};
}

template <RowSource Rows>
void visit_open_tasks(Rows& source, const core::ReportQuery& query,
                      const std::function<void(const core::OpenTask&)>& visit) {
  for (const core::TaskState state : {core::TaskState::unfinished, core::TaskState::missing}) {
    auto rows = source.select(
        each_open_task_text(query, state),
        {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count()});
    while (rows.step()) {
      visit({.task_id = std::string(rows.text(0)),
             .request_id = std::string(rows.text(1)),
             .missing = state == core::TaskState::missing});
    }
  }
}

template <RowSource Rows>
[[nodiscard]] core::FutureTasks find_future_tasks(Rows& source, const core::ReportQuery& query) {
  constexpr std::int64_t kClocksDifferMs = 300'000;
  core::FutureTasks future;
  auto rows = source.select(future_tasks_text(query), {kClocksDifferMs});
  while (rows.step()) {
    if (!core::passes(read_labels(rows.text(2)), query.label_filter)) {
      continue;
    }
    ++future.tasks;
    future.task_id = rows.text(0);
    future.latest = *rows.time(1);
  }
  return future;
}

template <RowSource Rows>
[[nodiscard]] std::optional<core::UtcTime> read_newest_answer(Rows& source) {
  auto row = source.select(kNewestAnswer, {});
  return row.step() ? row.time(0) : std::nullopt;
}

template <RowSource Rows>
[[nodiscard]] std::vector<core::TaskName> tasks_written_off(Rows& source, std::int64_t period) {
  std::vector<core::TaskName> tasks;
  auto rows = source.select(kWrittenOffTasks, {period});
  while (rows.step()) {
    tasks.push_back({std::string(rows.text(0)), std::string(rows.text(1))});
  }
  return tasks;
}

template <RowSource Rows>
void visit_relabelled(Rows& source, core::UtcTime begin, core::UtcTime end,
                      const std::function<void(const core::RelabelledTask&)>& visit) {
  auto rows =
      source.select(kRelabelled, {begin.time_since_epoch().count(), end.time_since_epoch().count(),
                                  static_cast<std::int64_t>(core::LineKind::main)});
  while (rows.step()) {
    const core::RelabelledTask task{{std::string(rows.text(0)), std::string(rows.text(1))},
                                    read_labels(rows.text(2)),
                                    read_labels(rows.text(3))};
    if (core::differing_label(task.frozen, task.now)) {
      visit(task);
    }
  }
}

template <RowSource Rows>
[[nodiscard]] std::int64_t count_unpriced(Rows& source, const core::ClosedPeriod& closed,
                                          core::LineScope scope) {
  auto row = scope == core::LineScope::shown
                 ? source.select(kUnpricedShown, {closed.period.begin.time_since_epoch().count(),
                                                  closed.period.end.time_since_epoch().count()})
                 : source.select(kUnpricedStanding, {closed.key});
  row.step();
  return row.integer(0);
}

}  // namespace storage
