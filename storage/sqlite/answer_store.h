// Records answers: a snapshot for each, and the task's row that results from them.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/ledger/ledger.h"
#include "storage/sqlite/answer_blocks.h"
#include "storage/sqlite/fact_columns.h"
#include "storage/sqlite/snapshot_insert.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/video_records.h"

namespace storage {

/// Belongs to the thread of its connection. Every method throws SQLite::Exception.
class AnswerStore {
 public:
  explicit AnswerStore(SQLite::Database& database) : database_(database) {}

  /// Writes all entries of run number `run` within the caller's transaction.
  void write(std::span<const core::Entry> entries, std::int64_t run);

  [[nodiscard]] VideoRecords& videos() { return videos_; }

  void begin_run() { settled_tasks_ = 0; }
  /// How many tasks on the run's work list are queried no more because of its entries.
  [[nodiscard]] std::uint64_t settled_tasks() const { return settled_tasks_; }

  /// Ends what is written in one transaction: to be called before its commit.
  void write_link() { snapshots_.write_link(); }

  /// The numbers that a transaction has assigned so far, and what it has counted.
  struct Mark {
    std::int64_t block = 0;
    SnapshotInsert::Mark snapshots;
    std::uint64_t settled_tasks = 0;
  };
  [[nodiscard]] Mark mark() const {
    return {blocks_.next_block(), snapshots_.mark(), settled_tasks_};
  }
  /// To be called after a rollback: the numbers and rows of the transaction are not used again.
  void go_back_to(const Mark& mark);

 private:
  void take(const core::AnswerEntry& entry, std::int64_t snapshot);
  void settle();
  void update_task(const core::AnswerEntry& entry, std::int64_t snapshot);
  void finish(const core::AnswerEntry& entry, std::int64_t snapshot);
  void update_settling(const core::AnswerEntry& entry);

  static std::string final_update(bool is_first);

  SQLite::Database& database_;
  AnswerBlocks blocks_{database_};
  SnapshotInsert snapshots_{database_};
  VideoRecords videos_{database_};
  std::vector<core::TaskKey> settled_;  // by the entries that are being written
  std::uint64_t settled_tasks_ = 0;
  Statement move_task_{
      database_, ("UPDATE task SET state = ?2, last_query = ?3, queries = queries + 1, "
                  "not_found_runs = ?4, not_found_run = ?5, not_found_answers = ?6, "
                  "not_found_at = ?7, last_snapshot = ?8, "
                  "status_snapshot = coalesce(?9, status_snapshot), " +
                  fact_assignments(10, Earlier::kept, core::is_of_any_answer) + " WHERE id = ?1")
                     .c_str()};
  Statement finish_task_{database_, final_update(false).c_str()};
  Statement finish_new_task_{database_, final_update(true).c_str()};
  Statement unsettle_task_{database_,
                           "INSERT OR REPLACE INTO unsettled (task, settles_at) VALUES (?, ?)"};
  Statement settle_task_{database_, "DELETE FROM unsettled WHERE task = ? AND settles_at <= ?"};
  Statement mark_live_fetch_{database_, "INSERT OR IGNORE INTO live_fetch (task) VALUES (?)"};
  Statement settle_work_{database_,
                         "UPDATE work SET settled = 1 WHERE task BETWEEN ? AND ? AND settled = 0"};
};

}  // namespace storage
