#include "storage/sqlite/task_import.h"

#include <optional>
#include <vector>

#include "core/domain/lifecycle.h"

namespace storage {

TaskImport::TaskImport(SQLite::Database& database, VideoRecords& videos)
    : database_(database), videos_(videos) {}

std::uint64_t TaskImport::add(const ImportBatch& batch, const Terms& terms) {
  const std::int64_t last_key = last_key_.step() ? last_key_.integer(0) : 0;
  last_key_.reset();
  std::uint64_t duplicates = 0;
  std::string_view before;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const ImportBatch::Row row = batch.row(i);
    const bool again = i > 0 && row.id == before;
    before = row.id;
    new_last_ = new_last_ && !again && add_new(row, terms);
    if (new_last_) {
      continue;
    }
    const Task task = find_known(row, terms);
    if (task.key == 0) {
      new_last_ = add_new(row, terms);
    } else if (again) {
      ++duplicates;
    } else {
      add_work_.bind(1, task.key);
      add_work_.bind(2, task.ask ? 0 : 1);
      add_work_.run();
      duplicates += database_.getChanges() == 1 ? 0U : 1U;
    }
  }
  add_new_work_.bind(1, last_key);  // all at once, because their keys are the highest
  add_new_work_.run();
  return duplicates;
}

// False if the ledger knows the task.
bool TaskImport::add_new(const ImportBatch::Row& row, const Terms& terms) {
  id_ = row.id;
  model_ = row.model;
  labels_ = row.labels;
  add_task_.bind(1, terms.account);
  add_task_.bind(2, id_);
  add_task_.bind_time(3, terms.now);
  add_task_.bind_or_null(4, model_);
  add_task_.bind_or_null(5, labels_);
  add_task_.bind(6, std::int64_t{terms.account_named ? 1 : 0});
  add_task_.run();
  return database_.getChanges() == 1;
}

TaskImport::Task TaskImport::find_known(const ImportBatch::Row& row, const Terms& terms) {
  Task task;
  find_task_.bind(1, terms.account);
  id_ = row.id;
  find_task_.bind(2, id_);
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
