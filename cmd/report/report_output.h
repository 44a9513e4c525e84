// Writes the rows of a report as CSV or JSON lines, and hashes them.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/report/report_rows.h"
#include "core/billing/line_csv.h"
#include "core/files/atomic_file.h"
#include "core/files/sha256.h"

namespace cmd {

/// The destination of the bytes.
class ReportOutput {
 public:
  /// A file that appears completely or not at all; "-" is `out`. Every method throws core::Error.
  ReportOutput(const std::string& path, std::ostream& out);

  /// Text appended here is written in blocks.
  [[nodiscard]] std::string& text() { return block_; }
  void flush_if_full();
  /// Returns the SHA-256 of all bytes, 64 hex digits. A file is then complete and synced.
  std::string finish();
  /// Gives the file its final name.
  void publish();

 private:
  void flush();

  std::ostream& out_;
  std::optional<core::AtomicFile> file_;  // none: `out_`
  core::Sha256 hash_;
  std::string block_;
};

/// The format of rows.
struct RowFormat {
  bool json = false;  ///< one object per line, else CSV
  bool bom = false;
  char delimiter = ',';
  bool decimal_comma = false;  ///< in counts and amounts of a CSV
};

class RowWriter final : public core::RowSink {
 public:
  /// Writes the header of a CSV. `type`: the type of the JSON objects.
  RowWriter(const RowFormat& format, std::vector<core::ReportColumn> columns, const char* type,
            ReportOutput& output);
  void end_row() override;
  /// Writes a row with all its cells.
  void write(const std::vector<ReportCell>& cells);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  void add(core::CellKind kind, std::string_view text) override;

  std::vector<core::ReportColumn> columns_;
  const char* type_;
  ReportOutput& output_;
  std::optional<core::CsvRows> csv_;  // none: JSON
  bool decimal_comma_;
  std::string scratch_;
  std::size_t column_ = 0;  // index of the next cell
  std::uint64_t rows_ = 0;
};

}  // namespace cmd
