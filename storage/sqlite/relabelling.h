// Writes what a later list says of a task's labels (storage/answers/label_merge.h).
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>

#include "core/ledger/work_list.h"
#include "storage/answers/label_merge.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// Adds the labels that a known task lacks. A different value is stored as a change with its run,
/// and replaces the task's value only on request. The statements are kept for the next row. Belongs
/// to the thread of its connection.
class Relabelling {
 public:
  explicit Relabelling(SQLite::Database& database) : database_(database) {}

  struct Known {
    std::int64_t task = 0;
    std::string model;   ///< from lists; empty: none
    std::string labels;  ///< a JSON object; empty: none
  };
  /// `take`: the list's values replace the task's. Throws SQLite::Exception.
  void settle(const Known& known, const ImportBatch::Row& row, std::int64_t run, bool take);
  [[nodiscard]] const core::LabelDifferences& differences() const { return differences_; }
  void forget_differences() { differences_ = {}; }

 private:
  void keep(std::int64_t task, std::int64_t run, bool take,
            const core::LabelDifference& difference);

  SQLite::Database& database_;
  Statement relabel_{database_,
                     "UPDATE task SET input_model = coalesce(?, input_model), "
                     "labels = coalesce(?, labels) WHERE id = ?"};
  // A list that is read again and again says nothing new.
  Statement keep_change_{
      database_,
      "INSERT INTO label_change (task, run, name, ledger_value, list_value, taken) "
      "SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?6 OR NOT EXISTS (SELECT 1 FROM "
      "label_change WHERE task = ?1 AND name = ?3 AND ledger_value = ?4 AND "
      "list_value = ?5 AND NOT taken)"};
  core::LabelDifferences differences_;
};

}  // namespace storage
