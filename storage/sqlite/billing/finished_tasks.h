// Finished tasks as the ledger knows them now, in the order of a report.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/clock.h"
#include "storage/answers/json_text.h"
#include "storage/sqlite/cursor.h"

namespace storage {

/// " AND ACCOUNT = 17 " for the account of the query, whose column is `column`; empty for all.
[[nodiscard]] std::string account_condition(const core::ReportQuery& query,
                                            std::string_view column);

/// SQL for when the first final answer about the task, whose key is `task`, was observed.
[[nodiscard]] std::string first_seen_finished(std::string_view task);

/// Selects `columns` of `task AS t` and of `joins`, and behind them the time that puts the task
/// into the period, ascending. `{labels}` among the columns is what the query wants of them,
/// `{charged_under}` the account that is charged for the task in place of its own
/// (storage/sqlite/billing/shared_tasks.h).
/// Without tasks that have lines in a closed period when `unfrozen_only`. Throws SQLite::Exception.
[[nodiscard]] Cursor select_finished(SQLite::Database& database, const core::ReportQuery& query,
                                     core::TimeIndex index, std::string_view columns,
                                     std::string_view joins, bool unfrozen_only);

/// The names of the accounts by key. Throws SQLite::Exception when made.
class AccountNames {
 public:
  explicit AccountNames(SQLite::Database& database);
  /// Throws core::Error for a key that is none, which only a damaged ledger has.
  [[nodiscard]] const std::string& name(std::int64_t key) const;

 private:
  std::map<std::int64_t, std::string> names_;
};

/// Reads tasks by time. Throws SQLite::Exception.
class FinishedTasks {
 public:
  /// Without tasks that have lines in a closed period when `unfrozen_only`.
  FinishedTasks(SQLite::Database& database, const core::ReportQuery& query, bool unfrozen_only);

  [[nodiscard]] bool at_end() const { return cursors_.empty(); }
  /// Of the next task; ascending.
  [[nodiscard]] core::UtcTime time() const;
  /// Fills `task` and goes to the next one.
  void take(core::FinishedTask& task);

 private:
  [[nodiscard]] std::vector<Cursor>::const_iterator next() const;

  AccountNames accounts_;
  std::vector<Cursor> cursors_;
  core::ReportTime time_;
  LabelReader labels_;
};

/// Reads tasks by key.
class FinishedTaskByKey {
 public:
  explicit FinishedTaskByKey(SQLite::Database& database);
  /// False when the task is not finished.
  [[nodiscard]] bool find(std::int64_t key, core::FinishedTask& task);

 private:
  AccountNames accounts_;
  Cursor cursor_;
};

/// Reads the account's key, ID, whether it succeeded, and the facts, from the first column on.
/// Returns the column behind them.
int read_task_columns(const Cursor& row, const AccountNames& accounts, core::FinishedTask& task);

/// Adds the names of the labels of these tasks, but for those whose time `skip` names.
void add_label_names(SQLite::Database& database, const core::ReportQuery& query, bool unfrozen_only,
                     const std::function<bool(core::UtcTime)>& skip, std::set<std::string>& names);

}  // namespace storage
