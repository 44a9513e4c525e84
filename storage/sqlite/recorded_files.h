// The files that are on disk according to the ledger, task by task.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <vector>

#include "core/domain/task.h"
#include "core/ledger/work_list.h"
#include "storage/sqlite/statement.h"
#include "storage/statements/dialect.h"
#include "storage/statements/ledger_reads.h"

namespace storage {

/// Belongs to the thread of its connection.
class RecordedFiles {
 public:
  explicit RecordedFiles(SQLite::Database& database)
      : saved_(database, in_dialect(kRecordedFiles, Dialect::sqlite).c_str()) {}

  /// The indices of the task's saved videos whose files are missing on disk; empty if files do not
  /// matter. Throws SQLite::Exception.
  [[nodiscard]] std::vector<int> gone(core::TaskKey task, const core::OnDisk& on_disk);

 private:
  Statement saved_;
};

}  // namespace storage
