// Closed periods and their frozen lines, as the ledger holds them.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/billing/adjustments.h"
#include "core/billing/period.h"
#include "storage/answers/json_text.h"
#include "storage/sqlite/billing/finished_tasks.h"
#include "storage/sqlite/cursor.h"
#include "storage/sqlite/statement.h"

namespace storage {

struct ClosedPeriod {
  std::int64_t key = 0;
  core::Period period;
  std::string zone;                   ///< name in the tz database
  std::optional<std::string> prices;  ///< the bytes of its price book
  std::int64_t lines = 0;
  std::string sha256;  ///< of its report as CSV with default options, 64 hex digits
  std::uint64_t unfinished = 0;
  std::uint64_t missing = 0;
  int schema_version = 0;
  /// Whatever snapshots up to this one say of the period stands in closed periods.
  std::int64_t checked_to = 0;
  std::optional<std::string> later_prices{};  ///< the bytes of the last book that came afterwards
  bool repriced = false;  ///< what that book changes stands in no closed period yet

  /// The book that its adjustments go by.
  [[nodiscard]] const std::optional<std::string>& ruling_prices() const {
    return later_prices ? later_prices : prices;
  }
  [[nodiscard]] bool contains(core::UtcTime time) const {
    return period.begin <= time && time < period.end;
  }
  [[nodiscard]] bool overlaps(const core::Period& other) const {
    return period.begin < other.end && other.begin < period.end;
  }
};

/// By begin. Throws SQLite::Exception, as everything here.
[[nodiscard]] std::vector<ClosedPeriod> read_closed_periods(SQLite::Database& database);

/// The closed period that holds `time`; null: none. `closed` as read_closed_periods gives them,
/// here and below.
[[nodiscard]] const ClosedPeriod* closed_period_at(const std::vector<ClosedPeriod>& closed,
                                                   core::UtcTime time);
/// A closed period that shares an instant with `period`; null: none.
[[nodiscard]] const ClosedPeriod* overlapping_closed_period(const std::vector<ClosedPeriod>& closed,
                                                            const core::Period& period);

/// Whether closed periods hold every instant of [begin, end).
[[nodiscard]] bool is_closed_throughout(const std::vector<ClosedPeriod>& closed,
                                        core::UtcTime begin, core::UtcTime end);

/// Frozen lines of [begin, end), by time, and in the order of their report where that is equal.
class FrozenLines {
 public:
  FrozenLines(SQLite::Database& database, const ReportQuery& query);
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
void add_frozen_label_names(SQLite::Database& database, const ReportQuery& query,
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
