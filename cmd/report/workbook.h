// A workbook for Excel and LibreOffice (.xlsx): typed cells, row by row, in bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/report/report_rows.h"
#include "core/billing/line_csv.h"
#include "core/files/descriptor.h"

struct lxw_format;
struct lxw_workbook;
struct lxw_worksheet;

namespace cmd {

/// The file. Its sheets stand in the order in which they were made; equal sheets give equal bytes.
class Workbook {
 public:
  /// Throws core::Error if there is no room for temporary files.
  Workbook();

  /// Passes the bytes of the file to `take`, piece by piece. All sheets must be finished, and none
  /// may be used any more. Throws core::Error.
  void finish(const std::function<void(std::string_view)>& take);

 private:
  friend class WorkbookSheet;
  struct Free {
    void operator()(lxw_workbook* book) const;
  };
  /// Throws core::Error if an earlier write to the sheet failed. Returns its size until now.
  std::int64_t checked_bytes(lxw_worksheet* sheet) const;
  void require_space_for(std::int64_t sheet_bytes) const;

  std::string folder_;  // of the temporary files
  core::Descriptor file_;
  std::unique_ptr<lxw_workbook, Free> book_;
  std::int64_t largest_ = 0;  // bytes of the largest sheet
  lxw_format* heading_ = nullptr;
  lxw_format* text_ = nullptr;
  lxw_format* time_ = nullptr;
};

/// A table with a header that stays in view and filters, continued on further sheets ("lines 2")
/// where Excel's rows end. Texts are never formulas. A number that a double would round stands in
/// its column rounded, and exactly as text in the column NAME_exact beside it; such a column is
/// hidden while it is empty.
class WorkbookSheet final : public core::RowSink {
 public:
  static constexpr std::uint32_t kRowsMax = 1'048'576;  ///< of Excel, the header included

  WorkbookSheet(Workbook& book, std::string name, std::vector<core::ReportColumn> columns,
                std::uint32_t rows_max = kRowsMax);
  /// Throws core::Error for a text that no cell holds, and if a write failed.
  void end_row() override;
  /// Writes a row with all its cells.
  void write(const std::vector<ReportCell>& cells);
  /// No row follows.
  void finish();
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  void add(core::CellKind kind, std::string_view text) override;
  void begin_sheet();
  void write_text(std::uint16_t column, std::string_view text);
  void write_number(std::uint16_t column, double number, lxw_format* format);

  Workbook& book_;
  std::string name_;
  std::vector<core::ReportColumn> columns_;
  std::vector<bool> used_;  // by column of the sheet
  std::uint32_t rows_max_;
  lxw_worksheet* sheet_ = nullptr;
  int sheets_ = 0;
  std::uint32_t row_ = 0;     // of this sheet, the next one
  std::size_t cell_ = 0;      // of `columns_`, the next one
  std::uint16_t column_ = 0;  // of the sheet, the next one
  std::uint64_t rows_ = 0;    // of all sheets, without headers
  std::string scratch_;
};

/// The value of a number in plain decimal notation, if Excel and a double keep each of its digits;
/// else none. A number with needless zeros in front ("007") is none.
[[nodiscard]] std::optional<double> number_of_cell(std::string_view text);
/// The serial number of a local time as reports write it ("2026-10-25T02:30:00.250+01:00"): days
/// since 1899-12-30, without the offset. None before 1900-03-01, from which on Excel counts right.
[[nodiscard]] std::optional<double> serial_time(std::string_view text);

}  // namespace cmd
