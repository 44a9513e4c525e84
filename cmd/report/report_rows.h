// The columns of a billing report, and the rows that a finished task makes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/period.h"

namespace cmd {

struct ReportCell {
  enum class Kind { text, time, count, amount };
  Kind kind = Kind::text;
  std::string text;  ///< empty: no value
};

/// A column of a report: its name and what stands in it.
struct ReportColumn {
  std::string name;
  ReportCell::Kind kind = ReportCell::Kind::text;
};

/// A fact as a column.
[[nodiscard]] ReportColumn fact_column(const core::Fact& fact);

/// Which columns stand in a report of lines beside those that always do. `schema_version` is that
/// of the ledger now, or of when its period was closed, whose bytes stay as they were.
struct LineShape {
  std::vector<std::string> labels;
  int schema_version = 0;  ///< facts that came with a later one have no column
};

/// The fixed columns, `label_NAME` of each label, snapshot, hash, and the facts that came later.
[[nodiscard]] std::vector<ReportColumn> line_columns(const LineShape& shape);

class RowWriter;

/// Writes the row of one line in that order. The counts stand on the task's first line alone, so
/// that sums over lines are those of the tasks.
void write_line(const core::ReportLine& line, const LineShape& shape, const core::TimeZone& zone,
                RowWriter& row);

/// The value of a task's label; empty when it has none.
[[nodiscard]] std::string_view label_of(const core::FinishedTask& task, std::string_view name);

}  // namespace cmd
