// The columns and rows of a report of lines, as CSV and under the hash by which a period is closed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/reports.h"
#include "core/domain/money.h"
#include "core/text/csv_writer.h"

namespace core {

/// What a cell of a report holds.
enum class CellKind { text, time, count, amount };

/// A column of a report: its name and what stands in it.
struct ReportColumn {
  std::string name;
  CellKind kind = CellKind::text;
};
/// A fact as a column.
[[nodiscard]] ReportColumn fact_column(const Fact& fact);

/// Takes the rows of a report, cell by cell in the order of the columns.
class RowSink {
 public:
  RowSink() = default;
  virtual ~RowSink() = default;
  RowSink(const RowSink&) = delete;
  RowSink& operator=(const RowSink&) = delete;

  void text(std::string_view text) { add(CellKind::text, text); }
  void count(std::string_view count) { add(CellKind::count, count); }
  void amount(const std::optional<Decimal>& amount);
  void time(const TimeZone& zone, const std::optional<UtcTime>& time);
  virtual void end_row() = 0;

 protected:
  /// An empty text is no value.
  virtual void add(CellKind kind, std::string_view text) = 0;

 private:
  std::string scratch_;
};

/// Appends CSV to a text, the header first.
class CsvRows final : public RowSink {
 public:
  CsvRows(std::string& out, const std::vector<ReportColumn>& columns, char delimiter);
  void add(CellKind kind, std::string_view text) override {
    if (kind == CellKind::text) {
      csv_.text(text);
    } else {
      csv_.number(text);
    }
  }
  void end_row() override { csv_.end_row(); }

 private:
  CsvWriter csv_;
};

/// Which columns stand in a report of lines beside those that always do. `schema_version` is that
/// of the ledger now, or of when its period was closed, whose bytes stay as they were.
struct LineShape {
  std::vector<std::string> labels;
  int schema_version = 0;  ///< facts that came with a later one have no column
};

/// The fixed columns, `label_NAME` of each label, snapshot, hash, and the facts that came later.
[[nodiscard]] std::vector<ReportColumn> line_columns(const LineShape& shape);

/// Writes the row of one line in that order. The counts stand on the task's first line alone, so
/// that sums over lines are those of the tasks.
void write_line(const ReportLine& line, const LineShape& shape, const TimeZone& zone, RowSink& row);

/// The value of a task's label; empty when it has none.
[[nodiscard]] std::string_view label_of(const FinishedTask& task, std::string_view name);

/// Gives each line of a report to `visit`; the SHA-256 of it as CSV with default options, which is
/// what a period is closed under, with the columns of `schema_version` (LineShape). Throws
/// core::Error.
[[nodiscard]] std::string hash_lines(Reports& reports, const ReportQuery& query,
                                     const Pricing& pricing, const TimeZone& zone,
                                     int schema_version,
                                     const std::function<void(const ReportLine&)>& visit);

}  // namespace core
