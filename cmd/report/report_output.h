// Rows of a report on their way out: CSV or JSON lines, hashed.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/report/report_rows.h"
#include "core/billing/period.h"
#include "core/domain/money.h"
#include "core/files/atomic_file.h"
#include "core/files/sha256.h"
#include "core/text/csv_writer.h"

namespace cmd {

/// Where the bytes go.
class ReportOutput {
 public:
  /// A file that appears whole or not at all; "-" is `out`. Throws core::Error, as everything here.
  ReportOutput(const std::string& path, std::ostream& out);
  /// Nowhere: only the hash is wanted.
  ReportOutput() = default;

  /// What is appended here goes out in blocks.
  [[nodiscard]] std::string& text() { return block_; }
  void flush_if_full();
  /// Returns the SHA-256 of all bytes, 64 hex digits. A file is whole and synced then.
  std::string finish();
  /// Gives a file its name.
  void publish();

 private:
  void flush();

  std::ostream* out_ = nullptr;
  std::optional<core::AtomicFile> file_;
  core::Sha256 hash_;
  std::string block_;
};

/// How rows are written.
struct RowFormat {
  bool json = false;  ///< one object a line, else CSV
  bool bom = false;
  char delimiter = ',';
};

class RowWriter {
 public:
  /// Writes the header of a CSV. `type` is that of JSON objects.
  RowWriter(const RowFormat& format, std::vector<ReportColumn> columns, const char* type,
            ReportOutput& output);
  /// A row, cell by cell in the order of the columns …
  void text(std::string_view text);
  void count(std::string_view count);
  void amount(const std::optional<core::Decimal>& amount);
  void time(const core::TimeZone& zone, const std::optional<core::UtcTime>& time);
  void end_row();
  /// … or all at once.
  void write(const std::vector<ReportCell>& cells);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  void add(ReportCell::Kind kind, std::string_view text);

  bool as_json_;
  std::vector<ReportColumn> columns_;
  const char* type_;
  ReportOutput& output_;
  core::CsvWriter csv_;
  std::size_t column_ = 0;  // of the next cell
  std::string scratch_;
  std::uint64_t rows_ = 0;
};

}  // namespace cmd
