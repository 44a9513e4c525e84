// Rows of a report on their way out: CSV or JSON lines, hashed.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cmd/atomic_file.h"
#include "cmd/report_rows.h"
#include "core/csv_writer.h"
#include "core/sha256.h"

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
  /// Gives the file its name. Returns the SHA-256 of all bytes, 64 hex digits.
  std::string finish();

 private:
  void flush();

  std::ostream* out_ = nullptr;
  std::optional<AtomicFile> file_;
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
  void write(const std::vector<ReportCell>& cells);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  void write_csv(const std::vector<ReportCell>& cells);
  void write_json(const std::vector<ReportCell>& cells);

  bool as_json_;
  std::vector<ReportColumn> columns_;
  const char* type_;
  ReportOutput& output_;
  core::CsvWriter csv_;
  std::uint64_t rows_ = 0;
};

}  // namespace cmd
