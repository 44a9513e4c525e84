// Imports the tasks of an input into the ledger.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/clock.h"
#include "core/ledger/work_list.h"
#include "storage/answers/import_batch.h"
#include "storage/sqlite/recorded_files.h"
#include "storage/sqlite/relabelling.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/video_records.h"

namespace storage {

/// The statements of an import, kept for the next batch. Belongs to the thread of its connection.
class TaskImport {
 public:
  struct Terms {
    std::int64_t account = 0;    ///< row of `account`
    bool account_named = false;  ///< each row names its account
    std::int64_t run = 0;
    core::UtcTime now{};
    const core::ImportRules& rules;
  };

  /// `videos` must outlive this object.
  TaskImport(SQLite::Database& database, VideoRecords& videos);

  /// The rows of a sorted batch from `first` up to, not including, `end`.
  struct Rows {
    const ImportBatch& batch;
    std::size_t first = 0;
    std::size_t end = 0;
  };
  /// Adds rows to the work list, within the caller's transaction. Returns how many tasks were on it
  /// already. Throws SQLite::Exception.
  std::uint64_t add(const Rows& rows, const Terms& terms);
  /// Of all tasks in the ledger; 0: there are none.
  [[nodiscard]] std::int64_t highest_key();
  /// Those since `begin_run`.
  [[nodiscard]] const core::LabelDifferences& label_differences() const {
    return relabelling_.differences();
  }
  void begin_run() { relabelling_.forget_differences(); }

 private:
  struct Task {
    std::int64_t key = 0;  ///< 0: not in the ledger yet
    bool ask = true;
  };
  // One statement for so many rows takes half the time of a statement for each.
  static constexpr std::size_t kTogether = 32;
  // Bound values must exist until their statement has run.
  struct Texts {
    std::string id;
    std::string model;
    std::string labels;
  };

  [[nodiscard]] std::uint64_t add_one(const ImportBatch::Row& row, bool again, const Terms& terms);
  [[nodiscard]] std::uint64_t add_together(const Rows& rows, const Terms& terms);
  [[nodiscard]] bool add_new(const ImportBatch::Row& row);
  [[nodiscard]] std::uint64_t list_known(const Task& task);
  static void bind_terms(Statement& statement, const Terms& terms);
  void bind_row(Statement& statement, std::size_t number, const ImportBatch::Row& row);
  [[nodiscard]] Task find_known(const ImportBatch::Row& row, const Terms& terms);
  [[nodiscard]] bool lacks_a_file(std::int64_t task, const Terms& terms);

  SQLite::Database& database_;
  VideoRecords& videos_;
  RecordedFiles files_{database_};
  Statement last_key_{database_, "SELECT ifnull(max(id), 0) FROM task"};
  Statement add_task_;
  Statement add_tasks_;  // kTogether
  Statement find_task_{
      database_,
      "SELECT id, state, input_model, labels, account_named, EXISTS (SELECT 1 FROM unsettled AS u "
      "WHERE u.task = task.id), EXISTS (SELECT 1 FROM forgotten AS f WHERE f.task = task.id) "
      "FROM task WHERE account = ? AND task_id = ?"};
  Statement revive_task_{database_, "DELETE FROM forgotten WHERE task = ?"};
  Statement add_work_{database_, "INSERT OR IGNORE INTO work (task, settled) VALUES (?, ?)"};
  Statement add_new_work_{database_, "INSERT INTO work (task) SELECT id FROM task WHERE id > ?"};
  Statement name_account_{database_, "UPDATE task SET account_named = 1 WHERE id = ?"};
  std::array<Texts, kTogether> texts_;
  std::int64_t last_key_before_ = 0;  // before the batch that is being added
  Relabelling relabelling_{database_};
  bool new_last_ = true;  // the previous row was new, so the next one probably is, too
};

}  // namespace storage
