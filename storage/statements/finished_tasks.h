// Finished tasks in their current state, in the order of a report.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/clock.h"
#include "core/text/hex.h"
#include "storage/answers/json_text.h"
#include "storage/statements/account_names.h"
#include "storage/statements/rows.h"
#include "storage/statements/shared_tasks.h"

namespace storage {

/// " AND ACCOUNT = 17 " for the account of the query, with `column` as its column; empty for all
/// accounts.
[[nodiscard]] std::string account_condition(const core::ReportQuery& query,
                                            std::string_view column);

/// SQL for the time when the first final answer about the task with the key `task` was observed.
[[nodiscard]] std::string first_seen_finished(std::string_view task);

/// The origin of the time that assigns a finished task to a period.
[[nodiscard]] core::BilledAt billed_at_source(const core::TaskFacts& facts, core::ReportTime time);

/// The columns to select of finished tasks. Among them, `{labels}` stands for the labels, if the
/// query includes them, and `{charged_under}` for the other account that is charged for the task.
struct FinishedColumns {
  std::string columns;                 ///< of `task AS t` and of `joins`
  std::string joins{};                 ///< after `task AS t`
  std::string charged_under = "NULL";  ///< storage/statements/shared_tasks.h
};

/// Selects these columns, and after them the time that assigns the task to the period, ascending.
/// Parameters: $1 its begin, $2 its end. With `unfrozen_only`, here and below: without tasks that
/// have lines in a closed period.
[[nodiscard]] std::string finished_text(const FinishedColumns& selected, core::TimeIndex index,
                                        const core::ReportQuery& query, bool unfrozen_only);
/// The same for the task with the key $1, if it is finished.
[[nodiscard]] std::string finished_by_key_text(const FinishedColumns& selected);
/// Everything that a report shows of a task.
[[nodiscard]] FinishedColumns report_columns(std::string charged_under);

/// Positioned at the first task.
template <RowSource Rows>
[[nodiscard]] typename Rows::Cursor select_finished(Rows& source, const FinishedColumns& selected,
                                                    core::TimeIndex index,
                                                    const core::ReportQuery& query,
                                                    bool unfrozen_only) {
  return source.select(
      finished_text(selected, index, query, unfrozen_only),
      {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count()});
}

/// One cursor for each index of the query that finds any tasks, positioned at its first row.
template <RowSource Rows>
[[nodiscard]] std::vector<typename Rows::Cursor> open_finished(Rows& source,
                                                               const FinishedColumns& selected,
                                                               const core::ReportQuery& query,
                                                               bool unfrozen_only) {
  std::vector<typename Rows::Cursor> cursors;
  for (const core::TimeIndex index : core::time_indexes(query.time)) {
    cursors.push_back(select_finished(source, selected, index, query, unfrozen_only));
  }
  std::erase_if(cursors, [](auto& cursor) { return !cursor.step(); });
  return cursors;
}

/// Reads the account's key, the ID, whether it succeeded, and the facts, from the first column on.
/// Returns the next column.
template <RowReader Row>
int read_task_columns(const Row& row, const AccountNames& accounts, core::FinishedTask& task) {
  int column = 0;
  task.account = accounts.name(row.integer(column++));
  task.task_id = row.text(column++);
  task.succeeded = row.integer(column++) != 0;
  for (const auto member : core::kFactTimes) {
    task.facts.*member = row.time(column++);
  }
  for (const auto member : core::kFactTexts) {
    task.facts.*member = row.text(column++);
  }
  return column;
}

inline constexpr int kAccountColumn = 0;
inline constexpr int kTaskColumn = 1;
inline constexpr int kLabelsColumn = 3 + static_cast<int>(core::kFacts.size());
inline constexpr int kBilledAtColumn = kLabelsColumn + 5;

/// Reads report_columns from left to right, without the labels, and the time after them.
template <RowReader Row>
void read_task(const Row& row, const AccountNames& accounts, core::FinishedTask& task) {
  int column = read_task_columns(row, accounts, task);
  ++column;  // kLabelsColumn
  task.snapshot = row.integer(column++);
  task.raw_sha256 = core::hex(row.text(column++));
  task.lost = row.integer(column++) != 0;
  task.charged_under = row.text(column);
  task.billed_at = *row.time(kBilledAtColumn);
}

/// Reads tasks by time.
template <RowSource Rows>
class FinishedTasks {
 public:
  FinishedTasks(Rows& source, const core::ReportQuery& query, bool unfrozen_only)
      : accounts_(source),
        cursors_(open_finished(source, report_columns(charged_under_text(accounts_.size())), query,
                               unfrozen_only)),
        time_(query.time) {}

  [[nodiscard]] bool at_end() const { return cursors_.empty(); }
  /// The time of the next task; ascending. Tasks are sorted further if the query asks for it.
  [[nodiscard]] core::UtcTime time() const { return *next()->time(kBilledAtColumn); }
  /// Fills `task` and moves to the next one.
  void take(core::FinishedTask& task) {
    const auto from = cursors_.begin() + (next() - cursors_.begin());
    read_task(*from, accounts_, task);
    task.labels = labels_.read(from->text(kLabelsColumn));
    task.billed_at_source = billed_at_source(task.facts, time_);
    if (!from->step()) {
      cursors_.erase(from);
    }
  }

 private:
  [[nodiscard]] auto next() const {
    const auto place = [this](const auto& row) {
      return std::tuple(row.integer(kBilledAtColumn), row.text(kTaskColumn),
                        std::string_view(accounts_.name(row.integer(kAccountColumn))));
    };
    return std::min_element(
        cursors_.begin(), cursors_.end(),
        [&place](const auto& left, const auto& right) { return place(left) < place(right); });
  }

  AccountNames accounts_;
  std::vector<typename Rows::Cursor> cursors_;
  core::ReportTime time_;
  LabelReader labels_;
};

/// Reads tasks by key.
template <RowSource Rows>
class FinishedTaskByKey {
 public:
  explicit FinishedTaskByKey(Rows& source)
      : accounts_(source),
        cursor_(source.select(
            finished_by_key_text(report_columns(charged_under_text(accounts_.size()))), {0})) {}

  /// False if the task is not finished.
  [[nodiscard]] bool find(std::int64_t key, core::FinishedTask& task) {
    cursor_.restart({key});
    if (!cursor_.step()) {
      return false;
    }
    read_task(cursor_, accounts_, task);
    task.labels = read_labels(cursor_.text(kLabelsColumn));
    task.billed_at_source = billed_at_source(task.facts, core::ReportTime::finish);
    return true;
  }

 private:
  AccountNames accounts_;
  typename Rows::Cursor cursor_;
};

/// Adds the label names of these tasks, except those whose time `skip` accepts.
template <RowSource Rows>
void add_label_names(Rows& source, const core::ReportQuery& query, bool unfrozen_only,
                     const std::function<bool(core::UtcTime)>& skip, std::set<std::string>& names) {
  constexpr std::size_t kKnownMax = 1000;
  std::set<std::string, std::less<>> known;  // few texts, or one per task
  for (auto& cursor : open_finished(source, {.columns = "t.labels"}, query, unfrozen_only)) {
    do {
      const std::string_view labels = cursor.text(0);
      if (known.contains(labels) || skip(*cursor.time(1))) {
        continue;
      }
      core::add_passing_names(read_labels(labels), query.label_filter, names);
      if (known.size() < kKnownMax) {
        known.emplace(labels);
      }
    } while (cursor.step());
  }
}

}  // namespace storage
