// Finished tasks for sums, read from SQLite: core/billing/task_groups.h.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/answers/json_text.h"
#include "storage/sqlite/billing/finished_tasks.h"
#include "storage/sqlite/cursor.h"

namespace storage {

/// One connection that reads groups, and what its cursors share. One thread at a time.
struct GroupReader {
  explicit GroupReader(SQLite::Database& from) : database(from), accounts(from) {}
  SQLite::Database& database;
  AccountNames accounts;
  LabelReader labels;
};

/// The tasks of a slice. Throws SQLite::Exception.
class GroupedTasks {
 public:
  GroupedTasks(GroupReader& reader, const core::TaskSlice& slice, bool unfrozen_only);

  bool step() { return row_.step(); }
  [[nodiscard]] core::UtcTime time() const;
  void append_key(std::string& key) const;
  [[nodiscard]] core::FinishedTask task();

 private:
  GroupReader& reader_;
  core::TimeIndex index_;
  Cursor row_;
};

/// The parts of a query that several threads may read. Only an index brings a part of a period's
/// tasks without reading all of them. Throws SQLite::Exception.
[[nodiscard]] std::vector<core::TaskSlice> slices_of(SQLite::Database& database,
                                                     const core::ReportQuery& query);

}  // namespace storage
