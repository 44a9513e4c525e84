#include "core/input/task_list.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "core/error.h"
#include "core/files/sha256.h"
#include "core/input/column_name.h"
#include "core/input/id_cell.h"
#include "core/text/printable.h"
#include "core/text/utf8.h"

namespace core {
namespace {

constexpr std::size_t kRejectedTextMax = 100;
constexpr std::string_view kDelimiters = ",;\t|";

std::optional<std::size_t> column_number(const std::string& column) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(column.data(), column.data() + column.size(), number);
  const bool whole = error == std::errc() && end == column.data() + column.size();
  return whole && number > 0 ? std::optional(number - 1) : std::nullopt;
}

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

// As the name of a column is.
bool is_word(std::string_view text) {
  constexpr std::size_t kNameBytesMax = 48;
  return !text.empty() && text.size() <= kNameBytesMax && !has_digit(text);
}

bool is_long_id(std::string_view cell) {
  constexpr std::size_t kIdBytesMin = 6;
  return cell.size() >= kIdBytesMin && is_id_like(cell);
}

// Of one kind, as those are that one gateway gives: about as long, with the same beginning.
bool look_like_ids(const std::vector<std::string>& cells) {
  constexpr std::size_t kBeginBytes = 3;
  const std::string_view first = trim_unseen(cells.front());
  const bool number = first.find_first_not_of("0123456789") == std::string_view::npos;
  return cells.size() > 1 && std::all_of(cells.begin(), cells.end(), [&](const std::string& cell) {
           const std::string_view one = trim_unseen(cell);
           const std::size_t difference =
               std::max(one.size(), first.size()) - std::min(one.size(), first.size());
           return is_long_id(one) && difference <= 2 &&
                  (number ? difference == 0 : one.starts_with(first.substr(0, kBeginBytes)));
         });
}

std::string list_of_names(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + printable(name, kRejectedTextMax);
  }
  return list;
}

}  // namespace

TaskList::TaskList(std::string source, ReadBytes read, TaskListOptions options)
    : source_(std::move(source)),
      reader_(std::move(read),
              [this](const std::string& sentence) { tell(options_.warn, sentence); }),
      options_(std::move(options)) {
  if (const std::string_view format = reader_.foreign_format(); !format.empty()) {
    throw UsageError(printable(source_, kRejectedTextMax) + " is " + std::string(format) +
                     ", not a list of task IDs; save it as CSV (UTF-8), or as text with one ID "
                     "a line");
  }
  Names names = read_hash_header();
  if (names.empty() && !delimiter_named_) {
    reader_.detect_delimiter();
    reader_.set_delimiter(delimiter_of(reader_.peek_line(), reader_.delimiter()));
  }
  if (options_.delimiter) {
    reader_.set_delimiter(*options_.delimiter);
  }
  read_header(std::move(names));
}

void TaskList::tell(const Tell& how, const std::string& sentence) const {
  if (how) {
    how(printable(source_, kRejectedTextMax) + ": " + sentence);
  }
}

std::optional<std::size_t> TaskList::named_column(const std::vector<std::string>& cells) const {
  const Names names = column_names(cells);
  const auto position = [&names](std::string_view wanted) -> std::optional<std::size_t> {
    const auto found = std::find(names.begin(), names.end(), wanted);
    return found == names.end() ? std::nullopt : std::optional<std::size_t>(found - names.begin());
  };
  if (!options_.column.empty() && !column_number(options_.column)) {
    return position(column_name(options_.column));
  }
  for (const std::string_view name : kIdColumnNames) {
    if (const auto found = position(name)) {
      return found;
    }
  }
  return std::nullopt;
}

// With which the line names the ID's column: `likely` if that does.
char TaskList::delimiter_of(std::string_view line, char likely) const {
  const auto names = [&](char one) { return named_column(split_line(line, one)).has_value(); };
  if (names(likely)) {
    return likely;
  }
  const auto found = std::find_if(kDelimiters.begin(), kDelimiters.end(), [&](char one) {
    return line.find(one) != std::string_view::npos && names(one);
  });
  return found == kDelimiters.end() ? likely : *found;
}

// Whether a line that begins with `#` and has no header above it is a row all the same: its
// column of that number holds what looks like an ID.
bool TaskList::is_numbered_row(const Names& cells) const {
  const std::size_t column = column_number(options_.column).value_or(0);
  return column > 0 && column < cells.size() && is_id_like(cells[column]);
}

// Skips the comments before the data. The names of the last one that names the ID's column, unless
// the first row of data does: then it was a remark about it.
TaskList::Names TaskList::read_hash_header() {
  Names names;
  while (true) {
    delimiter_named_ = reader_.take_named_delimiter() || delimiter_named_;
    const std::string_view line = reader_.peek_line();
    const bool hash = line.starts_with('#');
    const char likely =
        delimiter_named_ ? reader_.delimiter() : likely_delimiter(line).value_or(',');
    const char delimiter = options_.delimiter.value_or(hash ? likely : delimiter_of(line, likely));
    Names cells = split_line(line, delimiter);
    const std::string_view behind = trim_unseen(std::string_view(cells.front()).substr(hash));
    if (hash && !behind.empty()) {  // else the column is named so
      cells.front() = std::string(behind);
    }
    for (std::string& cell : cells) {
      cell = valid_utf8(trim_unseen(cell));
    }
    const auto named = named_column(cells);
    if (!hash) {
      return named ? Names() : names;
    }
    if (!named && named_column(names).value_or(0) > 0 && cells.size() == names.size()) {
      return names;  // a row
    }
    if (!named && names.empty() && is_numbered_row(cells)) {
      reader_.set_delimiter(delimiter);
      reader_.set_hash_fields(cells.size());
      return {};
    }
    if (named) {
      names = std::move(cells);
      reader_.set_delimiter(delimiter);
    }
    reader_.skip_comment();
  }
}

// `names`: of a header behind `#`; empty: the first row may be one.
void TaskList::read_header(Names names) {
  const auto number = column_number(options_.column);
  if (!names.empty()) {
    hash_headers_ = 1;
    id_column_ = number.value_or(*named_column(names));
    if (id_column_ >= names.size()) {
      throw UsageError(printable(source_, kRejectedTextMax) + " has no column " + options_.column +
                       "; it has " + std::to_string(names.size()));
    }
    take_names(std::move(names));
  } else if (hold_row()) {
    read_first_row();
  }
}

// Finds the column of the ID, and whether the row that is held is a header.
void TaskList::read_first_row() {
  const HeldRow& first = held_.front();
  Names names;
  for (const std::string& field : first.fields) {
    names.push_back(valid_utf8(trim_unseen(field)));
  }
  const auto number = column_number(options_.column);
  const auto named = named_column(names);
  const std::string source = printable(source_, kRejectedTextMax);
  if (!options_.column.empty() && !number && !named) {
    throw UsageError(source + " has no column " + options_.column +
                     "; its columns are: " + list_of_names(names));
  }
  id_column_ = number.value_or(named.value_or(0));
  reader_.set_hash_fields(id_column_ > 0 ? names.size() : 0);
  const bool whole = first.kind == CsvRow::Kind::fields;
  if (number && whole && *number >= names.size()) {
    throw UsageError(source + " has no column " + options_.column + "; it has " +
                     std::to_string(names.size()));
  }
  if (named) {
    held_.pop_front();
    take_names(std::move(names));
    return;
  }
  if (whole && looks_like_header()) {
    if (!number) {
      throw UsageError(source + " begins with what looks like a header, but names no column of " +
                       "task IDs; its columns are: " + list_of_names(names) +
                       "; say with --column NAME (or its number from 1) which one it is");
    }
    tell(options_.warn,
         "its first row looks like a header and is taken for one: " + list_of_names(names));
    held_.pop_front();
    take_names(std::move(names));
    return;
  }
  if (whole && !number && look_like_ids(first.fields)) {
    tell(options_.warn, "its first row holds " + std::to_string(first.fields.size()) +
                            " values that look like task IDs; of each row the first is read: put "
                            "one ID on a line");
  }
  tell(options_.detail,
       "it has no header; column " + std::to_string(id_column_ + 1) + " is taken for the task IDs");
}

// From here on the columns have these names.
void TaskList::take_names(Names names) {
  model_column_.reset();
  account_column_.reset();
  label_names_.clear();
  labels_ = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != id_column_ && column_name(names[i]) == "model" && !model_column_) {
      model_column_ = i;
    }
    if (i != id_column_ && column_name(names[i]) == "account" && !account_column_) {
      account_column_ = i;
    }
    const bool label = i != id_column_ && model_column_ != i && account_column_ != i;
    label_names_.push_back(label ? names[i] : std::string());
    labels_ += label && !names[i].empty() ? 1U : 0U;
  }
  reader_.set_hash_fields(id_column_ > 0 ? names.size() : 0);
  header_ = column_names(names);
  for (const std::string& name : names) {
    longest_name_ = std::max(longest_name_, name.size());
    names_have_digits_ = names_have_digits_ || has_digit(name);
  }
}

// Reads one row more to be looked at; false at the end.
bool TaskList::hold_row() {
  if (!reader_.next(row_)) {
    return false;
  }
  held_.push_back(
      {.kind = row_.kind, .line = row_.line, .fields = {row_.fields.begin(), row_.fields.end()}});
  return true;
}

// Takes the next row into row_; false at the end.
bool TaskList::take_row() {
  if (held_.empty()) {
    return reader_.next(row_);
  }
  current_ = std::move(held_.front());
  held_.pop_front();
  row_.kind = current_.kind;
  row_.line = current_.line;
  row_.fields.assign(current_.fields.begin(), current_.fields.end());
  return true;
}

// Of several columns, with a short word without a digit where the IDs below have some; or without
// a digit in any cell, where those of another column below look like IDs and its own have none.
bool TaskList::looks_like_header() {
  constexpr std::size_t kRowsBelow = 8;
  const Names names = held_.front().fields;
  const auto cell_of = [](const HeldRow& row, std::size_t column) {
    return column < row.fields.size() ? trim_unseen(row.fields[column]) : std::string_view();
  };
  if (names.size() < 2 || !is_word(cell_of(held_.front(), id_column_))) {
    return false;
  }
  while (held_.size() <= kRowsBelow && hold_row()) {
  }
  const auto count = [this, &cell_of](std::size_t column, const auto& is_kind) {
    return std::count_if(held_.begin() + 1, held_.end(),
                         [&](const HeldRow& row) { return is_kind(cell_of(row, column)); });
  };
  const auto rows = static_cast<std::ptrdiff_t>(held_.size()) - 1;
  const std::ptrdiff_t empty = count(id_column_, std::mem_fn(&std::string_view::empty));
  const std::ptrdiff_t with_digits = count(id_column_, has_digit);
  if (with_digits > 0 || rows == empty) {
    return with_digits > 0 && with_digits + empty == rows;
  }
  if (!std::all_of(names.begin(), names.end(), [](const std::string& name) {
        return trim_unseen(name).empty() || is_word(trim_unseen(name));
      })) {
    return false;
  }
  for (std::size_t column = 0; column < names.size(); ++column) {
    if (count(column, is_long_id) == rows && is_word(trim_unseen(names[column]))) {
      return true;
    }
  }
  return false;
}

std::string_view TaskList::id_field(const std::vector<std::string_view>& fields) const {
  return id_column_ < fields.size() ? fields[id_column_] : std::string_view();
}

// Of `cat a.csv b.csv`, say. Another one than before is in force from here on.
bool TaskList::is_header_again() {
  const std::string_view cell = trim_unseen(id_field(row_.fields));
  if (cell.size() > longest_name_ || (!names_have_digits_ && has_digit(cell))) {
    return false;  // most IDs
  }
  const std::string name = column_name(cell);
  const auto is_name = [&name](std::string_view one) { return one == name; };
  if (std::none_of(kIdColumnNames.begin(), kIdColumnNames.end(), is_name) &&
      std::none_of(header_.begin(), header_.end(), is_name)) {
    return false;
  }
  Names names;
  for (const std::string_view field : row_.fields) {
    names.push_back(valid_utf8(trim_unseen(field)));
  }
  if (!named_column(names)) {
    return false;
  }
  take_header_again(std::move(names));
  return true;
}

// `names`: of a row that names the ID's column.
void TaskList::take_header_again(Names names) {
  ++repeated_headers_;
  if (column_names(names) != header_) {
    id_column_ = column_number(options_.column).value_or(*named_column(names));
    tell(options_.warn, "line " + std::to_string(row_.line) +
                            " is another header, in force from there on: " + list_of_names(names));
    take_names(std::move(names));
  }
}

// A list behind another one, with a delimiter of its own: its `sep=`, or its header.
bool TaskList::is_other_delimiter() {
  constexpr std::size_t kSeparatorMax = 6;
  const std::string_view first = row_.fields.front();
  if (first.size() <= kSeparatorMax && first.find('=') != std::string_view::npos) {
    std::string line(first);
    for (std::size_t i = 1; i < row_.fields.size(); ++i) {
      line.append(1, reader_.delimiter()).append(row_.fields[i]);
    }
    const auto named = named_delimiter(line);
    reader_.set_delimiter(options_.delimiter.value_or(named.value_or(reader_.delimiter())));
    return named.has_value();
  }
  const bool is_parted = std::any_of(kDelimiters.begin(), kDelimiters.end(), [&](char one) {
    return first.find(one) != std::string_view::npos;
  });
  if (row_.fields.size() > 1 || options_.delimiter || !is_parted) {
    return false;
  }
  const char delimiter = delimiter_of(first, reader_.delimiter());
  if (delimiter == reader_.delimiter()) {
    return false;
  }
  Names names = split_line(first, delimiter);
  for (std::string& name : names) {
    name = valid_utf8(trim_unseen(name));
  }
  reader_.set_delimiter(delimiter);
  take_header_again(std::move(names));
  return true;
}

// Of IDs that are numbers one in a thousand ends so by itself.
void TaskList::note_rounding(std::string_view id) {
  constexpr unsigned kNoChance = 3;
  if (unrounded_) {
    return;
  }
  const auto rounded = is_rounded(id);
  unrounded_ = !rounded.value_or(true);
  rounded_ += rounded.value_or(false) ? 1U : 0U;
  if (rounded_ == kNoChance && rounded.value_or(false)) {
    tell(options_.warn,
         "its task IDs have zeros alone behind their fifteenth digit, as a spreadsheet leaves "
         "them of longer numbers; if that is so, export the column as text again");
  }
}

bool TaskList::has_column(std::string_view name) const {
  return !name.empty() &&
         std::any_of(label_names_.begin(), label_names_.end(),
                     [&](const auto& one) { return column_name(one) == column_name(name); });
}

std::string_view find_label(const Labels& labels, std::string_view name) {
  const auto found = std::find_if(labels.begin(), labels.end(), [&](const auto& label) {
    return column_name(label.first) == column_name(name);
  });
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

std::uint64_t rejection_mark(const std::string& source, std::string_view reason,
                             std::string_view content) {
  Sha256 hash;
  for (const std::string_view part : {std::string_view(source), reason, content}) {
    hash.update(std::to_string(part.size()) + ' ');
    hash.update(part);
  }
  const Sha256Digest digest = hash.finish();
  std::uint64_t mark = 0;
  for (std::size_t i = 0; i < sizeof mark; ++i) {
    mark = mark << 8U | digest.at(i);
  }
  return mark;
}

std::optional<TaskList::Row> TaskList::next() {
  do {
    if (!take_row()) {
      return std::nullopt;
    }
  } while (row_.kind == CsvRow::Kind::fields && (is_header_again() || is_other_delimiter()));
  ++rows_;
  return accept(row_);
}

TaskList::Row TaskList::accept(const CsvRow& row) {
  const auto reject = [&](std::string reason, std::string_view text) {
    std::string content = row.fields.empty() ? std::to_string(row.line) : std::string();
    for (const std::string_view field : row.fields) {
      content += std::string(field) + '\n';
    }
    const std::uint64_t mark = rejection_mark(source_, reason, content);
    return RejectedRow{source_, row.line, std::move(reason),
                       std::string(text.substr(0, kRejectedTextMax)), mark};
  };
  switch (row.kind) {
    case CsvRow::Kind::too_long:
      return reject(
          "the row is longer than " + std::to_string(CsvReader::kRowBytesMax >> 10U) + " KiB", {});
    case CsvRow::Kind::unterminated:
      return reject("a quote that opens here never closes; everything from here on is rejected",
                    {});
    case CsvRow::Kind::fields:
      break;
  }
  auto read = read_id_cell(row.fields, id_column_, label_names_.size());
  if (auto* reason = std::get_if<std::string>(&read)) {
    return reject(std::move(*reason), id_field(row.fields));
  }
  WantedTask task{std::move(std::get<TaskId>(read)), {}, {}};
  note_rounding(task.id.text());
  if (model_column_ && *model_column_ < row.fields.size()) {
    task.model = valid_utf8(trim_unseen(row.fields[*model_column_]));
  }
  if (account_column_ && *account_column_ < row.fields.size()) {
    task.account = valid_utf8(trim_unseen(row.fields[*account_column_]));
  }
  task.labels.reserve(labels_);
  const std::size_t columns = std::min(label_names_.size(), row.fields.size());
  for (std::size_t i = 0; i < columns; ++i) {
    const std::string_view value = label_names_[i].empty() ? "" : trim_unseen(row.fields[i]);
    if (!value.empty()) {
      task.labels.emplace_back(label_names_[i], valid_utf8(value));
    }
  }
  return task;
}

}  // namespace core
