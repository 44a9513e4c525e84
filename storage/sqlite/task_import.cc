#include "storage/sqlite/task_import.h"

#include <optional>
#include <string>
#include <vector>

#include "core/domain/lifecycle.h"

namespace storage {
namespace {

std::string insertion(std::size_t rows) {
  std::string sql =
      "INSERT OR IGNORE INTO task (account, first_seen, account_named, task_id, input_model, "
      "labels) VALUES ";
  for (std::size_t row = 0; row < rows; ++row) {
    sql += row == 0 ? "(?1, ?2, ?3, ?, ?, ?)" : ", (?1, ?2, ?3, ?, ?, ?)";
  }
  return sql;
}

bool is_again(const ImportBatch& batch, std::size_t row) {
  return row > 0 && batch.row(row).id == batch.row(row - 1).id;
}

// Whether the first `count` rows are of as many tasks.
bool are_distinct(const TaskImport::Rows& rows, std::size_t count) {
  if (rows.end - rows.first < count) {
    return false;
  }
  for (std::size_t row = rows.first; row < rows.first + count; ++row) {
    if (is_again(rows.batch, row)) {
      return false;
    }
  }
  return true;
}

}  // namespace

TaskImport::TaskImport(SQLite::Database& database, VideoRecords& videos)
    : database_(database),
      videos_(videos),
      add_task_(database, insertion(1).c_str()),
      add_tasks_(database, insertion(kTogether).c_str()) {}

std::int64_t TaskImport::highest_key() {
  const std::int64_t key = last_key_.next_integer();
  last_key_.reset();
  return key;
}

std::uint64_t TaskImport::add(const Rows& rows, const Terms& terms) {
  last_key_before_ = highest_key();
  bind_terms(add_task_, terms);
  bind_terms(add_tasks_, terms);
  std::uint64_t duplicates = 0;
  for (std::size_t row = rows.first; row < rows.end;) {
    const Rows rest{rows.batch, row, rows.end};
    if (new_last_ && are_distinct(rest, kTogether)) {
      duplicates += add_together(rest, terms);
      row += kTogether;
    } else {
      duplicates += add_one(rows.batch.row(row), is_again(rows.batch, row), terms);
      ++row;
    }
  }
  add_new_work_.bind(1, last_key_before_);  // all at once, because their keys are the highest
  add_new_work_.run();
  return duplicates;
}

// Returns how many tasks were on the work list already.
std::uint64_t TaskImport::add_one(const ImportBatch::Row& row, bool again, const Terms& terms) {
  new_last_ = new_last_ && !again && add_new(row);
  if (new_last_) {
    return 0;
  }
  const Task task = find_known(row, terms);
  if (task.key == 0) {
    new_last_ = add_new(row);
    return 0;
  }
  return again ? 1 : list_known(task);
}

// As `add_one`, for the first kTogether rows, of as many tasks.
std::uint64_t TaskImport::add_together(const Rows& rows, const Terms& terms) {
  for (std::size_t number = 0; number < kTogether; ++number) {
    bind_row(add_tasks_, number, rows.batch.row(rows.first + number));
  }
  add_tasks_.run();
  if (database_.getChanges() == static_cast<int>(kTogether)) {
    return 0;
  }
  std::uint64_t duplicates = 0;
  for (std::size_t number = 0; number < kTogether; ++number) {
    const Task task = find_known(rows.batch.row(rows.first + number), terms);
    new_last_ = task.key > last_key_before_;
    duplicates += new_last_ ? 0 : list_known(task);
  }
  return duplicates;
}

// False if the ledger knows the task.
bool TaskImport::add_new(const ImportBatch::Row& row) {
  bind_row(add_task_, 0, row);
  add_task_.run();
  return database_.getChanges() == 1;
}

std::uint64_t TaskImport::list_known(const Task& task) {
  add_work_.bind(1, task.key);
  add_work_.bind(2, task.ask ? 0 : 1);
  add_work_.run();
  return database_.getChanges() == 1 ? 0 : 1;
}

void TaskImport::bind_terms(Statement& statement, const Terms& terms) {
  statement.bind(1, terms.account);
  statement.bind_time(2, terms.now);
  statement.bind(3, std::int64_t{terms.account_named ? 1 : 0});
}

void TaskImport::bind_row(Statement& statement, std::size_t number, const ImportBatch::Row& row) {
  Texts& texts = texts_.at(number);
  texts.id = row.id;
  texts.model = row.model;
  texts.labels = row.labels;
  const int position = 4 + 3 * static_cast<int>(number);
  statement.bind(position, texts.id);
  statement.bind_or_null(position + 1, texts.model);
  statement.bind_or_null(position + 2, texts.labels);
}

TaskImport::Task TaskImport::find_known(const ImportBatch::Row& row, const Terms& terms) {
  Task task;
  find_task_.bind(1, terms.account);
  find_task_.bind(2, std::string(row.id));
  if (!find_task_.step()) {
    find_task_.reset();
    return task;
  }
  task.key = find_task_.integer(0);
  const auto state = static_cast<core::TaskState>(find_task_.integer(1));
  std::optional<Relabelling::Known> to_relabel;
  if (!says_nothing_new(row, find_task_.text(2), find_task_.text(3))) {
    to_relabel = {task.key, std::string(find_task_.text(2)), std::string(find_task_.text(3))};
  }
  const bool to_name = terms.account_named && find_task_.integer(4) == 0;
  const bool unsettled = find_task_.integer(5) != 0;
  const bool forgotten = find_task_.integer(6) != 0;
  find_task_.reset();
  if (to_name) {
    name_account_.bind(1, task.key);
    name_account_.run();
  }
  if (forgotten) {
    revive_task_.bind(1, task.key);
    revive_task_.run();
  }
  if (to_relabel) {
    relabelling_.settle(*to_relabel, row, terms.run, terms.rules.relabel);
  }
  const bool is_incomplete = core::needs_its_files(state) && lacks_a_file(task.key, terms);
  task.ask = core::is_to_be_asked({.state = state,
                                   .is_unsettled = unsettled,
                                   .is_forgotten = forgotten,
                                   .lacks_a_file = is_incomplete},
                                  terms.rules.refresh);
  return task;
}

// A recorded file that is missing is wanted again, and its task is queried, because the link may
// have expired.
bool TaskImport::lacks_a_file(std::int64_t task, const Terms& terms) {
  const std::vector<int> gone = files_.gone(task, terms.rules.on_disk);
  for (const int index : gone) {
    videos_.lose_file(task, index);
  }
  return !gone.empty();
}

}  // namespace storage
