// Writes CSV (RFC 4180 with LF) for spreadsheets and programs.
#pragma once

#include <string>
#include <string_view>

namespace core {

/// Appends rows to a text. Text cells that a spreadsheet would take for a formula (they begin with
/// = + - @, tab or CR) get a leading ' (design.md e); numbers never do.
class CsvWriter {
 public:
  CsvWriter(std::string& out, char delimiter) : out_(out), delimiter_(delimiter) {}

  void text(std::string_view cell);
  /// Appends a number, a time or an empty cell unchanged.
  void number(std::string_view cell);
  void end_row();

 private:
  void separate();
  void quoted(std::string_view cell);

  std::string& out_;
  char delimiter_;
  bool first_ = true;
};

/// The text of a cell that CsvWriter wrote, without the leading ' that guards a formula.
[[nodiscard]] std::string_view without_guard(std::string_view cell);

}  // namespace core
