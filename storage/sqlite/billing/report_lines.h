// Closed periods and their frozen lines, as the ledger holds them.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/answers/json_text.h"
#include "storage/sqlite/billing/finished_tasks.h"
#include "storage/sqlite/cursor.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// By begin. Throws SQLite::Exception, as everything here.
[[nodiscard]] std::vector<core::ClosedPeriod> read_closed_periods(SQLite::Database& database);

/// Frozen lines of [begin, end), by time, and in the order of their report where that is equal.
class FrozenLines {
 public:
  FrozenLines(SQLite::Database& database, const core::ReportQuery& query);
  [[nodiscard]] bool at_end() const { return at_end_; }
  [[nodiscard]] core::UtcTime time() const;
  void take(core::OwnedLine& line);

 private:
  AccountNames accounts_;
  Cursor cursor_;
  LabelReader labels_;
  bool at_end_;
};

/// The lines of one task that no frozen line takes back, the main one first.
class StandingLines {
 public:
  explicit StandingLines(SQLite::Database& database);
  [[nodiscard]] std::vector<core::OwnedLine> of(std::int64_t task);
  /// How many lines of that answer and kind were ever frozen, those that are taken back too.
  [[nodiscard]] std::int64_t revisions(std::int64_t task, std::int64_t snapshot,
                                       core::LineKind kind);

 private:
  AccountNames accounts_;
  Cursor cursor_;
  Cursor revisions_;
  LabelReader labels_;
};

/// Adds the names of the labels of frozen lines.
void add_frozen_label_names(SQLite::Database& database, const core::ReportQuery& query,
                            std::set<std::string>& names);

/// Writes lines into a period.
class LineInsert {
 public:
  explicit LineInsert(SQLite::Database& database);
  void add(std::int64_t period, const core::ReportLine& line);

 private:
  Statement statement_;
};

}  // namespace storage
