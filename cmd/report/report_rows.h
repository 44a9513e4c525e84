// The columns of a billing report, and the rows that a finished task makes.
#pragma once

#include <array>
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

/// The counts that groups sum up, as their columns are called, in the order of the columns.
inline constexpr std::array<std::string_view, core::kCounts.size()> kCountColumns = {
    "duration_seconds",  "input_seconds", "output_seconds",          "video_count",
    "completion_tokens", "total_tokens",  "super_resolution_tokens", "units",
    "credits",           "quota"};
/// The same of one task, as the gateway sent them.
[[nodiscard]] std::array<std::string_view, kCountColumns.size()> counts_of(
    const core::TaskFacts& facts);

/// Which columns stand in a report of lines beside those that always do.
struct LineShape {
  std::vector<std::string> labels;
  bool request_ids = true;
};
/// The shape of a report by `schema_version`: that of the ledger now, or of when its period was
/// closed, whose bytes stay as they were.
[[nodiscard]] LineShape line_shape(std::vector<std::string> labels, int schema_version);

/// The fixed columns, `label_NAME` of each label, snapshot, hash, and the ID
/// of the submit request.
[[nodiscard]] std::vector<ReportColumn> line_columns(const LineShape& shape);

class RowWriter;

/// Writes the row of one line in that order. The counts stand on the task's first line alone, so
/// that sums over lines are those of the tasks.
void write_line(const core::ReportLine& line, const LineShape& shape, const core::TimeZone& zone,
                RowWriter& row);

/// The value of a task's label; empty when it has none.
[[nodiscard]] std::string_view label_of(const core::FinishedTask& task, std::string_view name);

}  // namespace cmd
