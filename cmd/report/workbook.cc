#include "cmd/report/workbook.h"

#include <xlsxwriter.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "core/error.h"
#include "core/files/free_space.h"
#include "core/files/read_whole.h"
#include "core/files/unnamed_file.h"

namespace cmd {
namespace {

constexpr std::size_t kUnitsMax = 32'767;      // of UTF-16, in a cell of Excel
constexpr int kDigitsMax = 15;                 // that Excel and each double keep
constexpr std::uint32_t kRowsPerCheck = 4096;  // a full disk is noticed after so many rows
constexpr double kColumnWidth = 14;            // of a column, in characters
constexpr double kTimeWidth = 19;              // that of 2026-10-25 02:30:00

void require_written(lxw_error error) {
  if (error != LXW_NO_ERROR) {
    throw core::Error(std::string("cannot write the workbook: ") + lxw_strerror(error) +
                      "; use --format csv");
  }
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }
bool takes_two_units(char byte) { return static_cast<unsigned char>(byte) >= 0xF0U; }

std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (const char byte : text) {
    units += is_continuation(byte) ? 0U : takes_two_units(byte) ? 2U : 1U;
  }
  return units;
}

// Whether Excel would read the characters at `at` as an escape: _x000D_.
bool is_escape(std::string_view text, std::size_t at) {
  constexpr std::size_t kLength = 7;
  return text.size() - at >= kLength && text[at + 1] == 'x' && text[at + kLength - 1] == '_' &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) + 2,
                     text.begin() + static_cast<std::ptrdiff_t>(at) + 6,
                     [](unsigned char digit) { return std::isxdigit(digit) != 0; });
}

// U+FFFE and U+FFFF, which XML forbids.
constexpr std::string_view kUfffe = "\xEF\xBF\xBE";
constexpr std::string_view kUffff = "\xEF\xBF\xBF";

// The library escapes control characters other than NUL, but no text that looks like an escape.
void append_escaped(std::string_view text, std::string& out) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '_' && is_escape(text, at)) {
      out += "_x005F_";
    } else if (text[at] == '\0') {
      out += "_x0000_";
    } else if (const std::string_view three = text.substr(at, kUfffe.size());
               three == kUfffe || three == kUffff) {  // XML has neither
      out += three == kUfffe ? "_xFFFE_" : "_xFFFF_";
      at += three.size() - 1;
    } else {
      out += text[at];
    }
  }
}

bool is_plain_number(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const std::string_view places =
      point == std::string_view::npos ? std::string_view("0") : digits.substr(point + 1);
  const auto all_digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return all_digits(whole) && all_digits(places) && (whole.size() == 1 || whole[0] != '0');
}

double nearest_double(std::string_view text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string temporary_folder() {
  const char* folder = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): never set by us
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

core::Error no_space(const std::string& folder) {
  return core::Error("cannot write the workbook's temporary files in " + folder +
                     ": no space left; make room there, or set TMPDIR to a folder with more");
}

int part_of(std::string_view text, std::size_t at, std::size_t length) {
  int number = -1;
  std::from_chars(text.data() + at, text.data() + at + length, number);
  return number;
}

}  // namespace

std::optional<double> number_of_cell(std::string_view text) {
  if (!is_plain_number(text)) {
    return std::nullopt;
  }
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](char one) { return one != '-' && one != '.'; });
  const std::size_t first = digits.find_first_not_of('0');
  const std::size_t last = digits.find_last_not_of('0');
  if (first != std::string::npos && last - first + 1 > kDigitsMax) {
    return std::nullopt;
  }
  return nearest_double(text);
}

std::optional<double> serial_time(std::string_view text) {
  using std::chrono::day, std::chrono::month, std::chrono::sys_days, std::chrono::year;
  constexpr std::size_t kSecondsLength = 19;  // of 2026-10-25T02:30:00
  constexpr std::size_t kMillisLength = 3;
  constexpr int kFirstDay = 25'569;  // the serial number of 1970-01-01
  constexpr int kFirstRight = 61;    // Excel's 1900 is a leap year
  if (text.size() < kSecondsLength || text[4] != '-') {
    return std::nullopt;
  }
  const auto of_day =
      sys_days(year(part_of(text, 0, 4)) / month(static_cast<unsigned>(part_of(text, 5, 2))) /
               day(static_cast<unsigned>(part_of(text, 8, 2))));
  const auto serial = of_day.time_since_epoch().count() + kFirstDay;
  const bool with_millis =
      text.size() > kSecondsLength + kMillisLength && text[kSecondsLength] == '.';
  const auto millis =
      std::chrono::hours(part_of(text, 11, 2)) + std::chrono::minutes(part_of(text, 14, 2)) +
      std::chrono::seconds(part_of(text, 17, 2)) +
      std::chrono::milliseconds(with_millis ? part_of(text, kSecondsLength + 1, kMillisLength) : 0);
  constexpr std::chrono::duration<double, std::milli> kDay = std::chrono::hours(24);
  return serial < kFirstRight ? std::nullopt
                              : std::optional(static_cast<double>(serial) + millis / kDay);
}

void Workbook::Free::operator()(lxw_workbook* book) const { lxw_workbook_free(book); }

Workbook::Workbook() : folder_(temporary_folder()), file_(core::open_unnamed_file()) {
  if (!file_.valid()) {
    throw core::Error("cannot make a temporary file in " + folder_ + ": " +
                      core::errno_text(errno) + "; set TMPDIR to a folder that can be written");
  }
  // The library opens its output by name, and this file has no other one.
  const std::string name = "/proc/self/fd/" + std::to_string(file_.number());
  lxw_workbook_options options{};
  options.constant_memory = LXW_TRUE;
  options.tmpdir = folder_.data();
  book_.reset(workbook_new_opt(name.c_str(), &options));
  if (book_ == nullptr) {
    throw core::Error("cannot make a workbook: out of memory");
  }
  lxw_doc_properties properties{};
  properties.created = 946'684'800;  // 2000-01-01: equal reports have equal bytes
  require_written(workbook_set_properties(book_.get(), &properties));
  heading_ = workbook_add_format(book_.get());
  format_set_bold(heading_);
  text_ = workbook_add_format(book_.get());
  format_set_num_format(text_, "@");  // an edited ID or "=1+1" stays a text
  time_ = workbook_add_format(book_.get());
  format_set_num_format(time_, "yyyy-mm-dd hh:mm:ss");
}

std::int64_t Workbook::checked_bytes(lxw_worksheet* sheet) const {
  std::FILE* file = sheet->optimize_tmpfile;
  if (file == nullptr || std::fflush(file) != 0 || std::ferror(file) != 0) {
    throw no_space(folder_);
  }
  return ftello(file);
}

// The library looks at no result when it makes the complete sheet from its rows.
void Workbook::require_space_for(std::int64_t sheet_bytes) const {
  constexpr std::int64_t kBeside = std::int64_t{1} << 20U;
  const auto free = core::free_bytes(folder_);
  if (free && *free < sheet_bytes + sheet_bytes / 2 + kBeside) {
    throw no_space(folder_);
  }
}

void Workbook::finish(const std::function<void(std::string_view)>& take) {
  require_space_for(largest_);
  require_written(workbook_close(book_.release()));
  constexpr std::size_t kBlockBytes = std::size_t{64} * 1024;
  std::vector<char> block(kBlockBytes);
  for (off_t at = 0;;) {
    const ssize_t got = core::read_at(file_.number(), block.data(), block.size(), at);
    if (got < 0) {
      throw core::Error("cannot read the workbook's temporary file: " + core::errno_text(errno));
    }
    if (got == 0) {
      return;
    }
    take({block.data(), static_cast<std::size_t>(got)});
    at += got;
  }
}

WorkbookSheet::WorkbookSheet(Workbook& book, std::string name,
                             std::vector<core::ReportColumn> columns, std::uint32_t rows_max)
    : book_(book), name_(std::move(name)), columns_(std::move(columns)), rows_max_(rows_max) {
  begin_sheet();
}

void WorkbookSheet::begin_sheet() {
  ++sheets_;
  const std::string title = sheets_ == 1 ? name_ : name_ + " " + std::to_string(sheets_);
  sheet_ = workbook_add_worksheet(book_.book_.get(), title.c_str());
  if (sheet_ == nullptr) {
    throw no_space(book_.folder_);
  }
  used_.clear();
  const auto head = [this](const std::string& name) {
    std::string text;
    append_escaped(name, text);
    require_written(worksheet_write_string(sheet_, 0, static_cast<lxw_col_t>(used_.size()),
                                           text.c_str(), book_.heading_));
    used_.push_back(false);
  };
  for (const core::ReportColumn& column : columns_) {
    head(column.name);
    if (column.kind == core::CellKind::amount) {
      head(column.name + "_exact");
    }
  }
  row_ = 1;
}

void WorkbookSheet::write_text(std::uint16_t column, std::string_view text) {
  if (text.size() > kUnitsMax && utf16_units(text) > kUnitsMax) {
    throw core::Error("row " + std::to_string(row_ + 1) + " of the sheet " + name_ +
                      " has a text of " + std::to_string(utf16_units(text)) +
                      " characters, and a cell of a workbook has room for " +
                      std::to_string(kUnitsMax) + "; use --format csv");
  }
  scratch_.clear();
  append_escaped(text, scratch_);
  require_written(worksheet_write_string(sheet_, row_, column, scratch_.c_str(), book_.text_));
  used_[column] = true;
}

void WorkbookSheet::write_number(std::uint16_t column, double number, lxw_format* format) {
  require_written(worksheet_write_number(sheet_, row_, column, number, format));
  used_[column] = true;
}

void WorkbookSheet::add(core::CellKind kind, std::string_view text) {
  assert(cell_ < columns_.size());
  const std::uint16_t at = column_;
  const bool is_pair = columns_[cell_++].kind == core::CellKind::amount;
  column_ = static_cast<std::uint16_t>(column_ + (is_pair ? 2 : 1));
  if (text.empty()) {
    return;
  }
  std::optional<double> number;
  if (kind == core::CellKind::time) {
    number = serial_time(text);
  } else if (kind != core::CellKind::text) {
    number = number_of_cell(text);
  }
  if (number) {
    write_number(at, *number, kind == core::CellKind::time ? book_.time_ : nullptr);
  } else if (is_pair && is_plain_number(text)) {
    write_number(at, nearest_double(text), nullptr);
    write_text(static_cast<std::uint16_t>(at + 1), text);
  } else {
    write_text(at, text);
  }
}

void WorkbookSheet::end_row() {
  assert(cell_ == columns_.size());
  cell_ = 0;
  column_ = 0;
  ++rows_;
  ++row_;
  if (row_ % kRowsPerCheck == 0) {
    (void)book_.checked_bytes(sheet_);
  }
  if (row_ == rows_max_) {
    finish();
    begin_sheet();
  }
}

void WorkbookSheet::write(const std::vector<ReportCell>& cells) {
  for (const ReportCell& cell : cells) {
    add(cell.kind, cell.text);
  }
  end_row();
}

void WorkbookSheet::finish() {
  book_.largest_ = std::max(book_.largest_, book_.checked_bytes(sheet_));
  worksheet_freeze_panes(sheet_, 1, 0);
  require_written(
      worksheet_autofilter(sheet_, 0, 0, row_ - 1, static_cast<lxw_col_t>(used_.size() - 1)));
  lxw_row_col_options hidden{};
  hidden.hidden = LXW_TRUE;
  lxw_col_t at = 0;
  for (const core::ReportColumn& column : columns_) {
    const double width = column.kind == core::CellKind::time ? kTimeWidth : kColumnWidth;
    require_written(worksheet_set_column(sheet_, at, at, width, nullptr));
    ++at;
    if (column.kind == core::CellKind::amount) {
      require_written(
          worksheet_set_column_opt(sheet_, at, at, width, nullptr, used_[at] ? nullptr : &hidden));
      ++at;
    }
  }
}

}  // namespace cmd
