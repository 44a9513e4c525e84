// Compares the labels of a later list with those in the ledger.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ledger/work_list.h"
#include "storage/answers/import_batch.h"
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
  void note(std::int64_t task, std::int64_t run, bool take, core::LabelDifference difference);

  SQLite::Database& database_;
  Statement relabel_{database_,
                     "UPDATE task SET input_model = coalesce(?, input_model), "
                     "labels = coalesce(?, labels) WHERE id = ?"};
  // A list that is read repeatedly adds no further changes.
  Statement keep_{database_,
                  "INSERT INTO label_change (task, run, name, ledger_value, list_value, taken) "
                  "SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?6 OR NOT EXISTS (SELECT 1 FROM "
                  "label_change WHERE task = ?1 AND name = ?3 AND ledger_value = ?4 AND "
                  "list_value = ?5 AND NOT taken)"};
  core::LabelDifferences differences_;
};

/// True only if everything in a list's row is in the ledger already; may be false nevertheless.
/// Cheap.
[[nodiscard]] bool says_nothing_new(const ImportBatch::Row& row, std::string_view model,
                                    std::string_view labels);

}  // namespace storage
