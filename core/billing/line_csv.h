// The columns and rows of a report of lines, as CSV and for the hash of a closed period.
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

/// The kind of value in a report cell.
enum class CellKind { text, time, count, amount };

/// A column of a report: its name and kind.
struct ReportColumn {
  std::string name;
  CellKind kind = CellKind::text;
};
/// The column of a fact.
[[nodiscard]] ReportColumn fact_column(const Fact& fact);

/// Receives the rows of a report, cell by cell in the order of the columns.
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
  /// An empty text means no value.
  virtual void add(CellKind kind, std::string_view text) = 0;

 private:
  std::string scratch_;
};

/// Appends CSV to a text, beginning with the header.
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

/// Which optional columns a report of lines has. `schema_version`: that of the ledger, or for a
/// closed period that of the time of the closing, so that its bytes never change.
struct LineShape {
  std::vector<std::string> labels;
  int schema_version = 0;  ///< facts of later versions have no column
  ShownTerms terms{};      ///< the columns at the end
};

/// The fixed columns, `label_NAME` for each label, snapshot, hash, the facts that were added later,
/// and what the terms of the report add.
[[nodiscard]] std::vector<ReportColumn> line_columns(const LineShape& shape);

/// Writes the row of one line in that order. Only the task's first line has the counts, so that
/// sums over lines are sums over tasks.
void write_line(const ReportLine& line, const LineShape& shape, const TimeZone& zone, RowSink& row);

/// The value of a task's label; empty if it has none.
[[nodiscard]] std::string_view label_of(const FinishedTask& task, std::string_view name);

/// Receives a line as it is frozen, and as a report shows it, with the terms of its period.
using VisitBoth = std::function<void(const ReportLine& exact, const ReportLine& shown)>;

/// Calls `visit` with each line of a report. Returns the SHA-256
/// of the report as CSV with default options and the columns of `schema_version` (LineShape): the
/// hash that is stored for a closed period. Throws core::Error.
[[nodiscard]] std::string hash_lines(Reports& reports, const ReportQuery& query,
                                     const Pricing& pricing, const TimeZone& zone,
                                     int schema_version, const VisitBoth& visit);

}  // namespace core
