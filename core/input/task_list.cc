#include "core/input/task_list.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/files/sha256.h"
#include "core/input/id_cell.h"
#include "core/text/printable.h"
#include "core/text/utf8.h"

namespace core {
namespace {

constexpr std::size_t kRejectedTextMax = 100;

// The cells of a row as column names, printable.
template <typename Cells>
ListColumns::Names names_of(const Cells& cells) {
  ListColumns::Names names;
  names.reserve(cells.size());
  for (const auto& cell : cells) {
    names.push_back(valid_utf8(trim_unseen(cell)));
  }
  return names;
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
      options_(std::move(options)),
      rows_(std::move(read),
            [this](const std::string& sentence) { tell(options_.warn, sentence); }),
      columns_(options_.column) {
  CsvReader& reader = rows_.reader();
  if (const std::string_view format = reader.foreign_format(); !format.empty()) {
    throw UsageError(printable(source_, kRejectedTextMax) + " is " + std::string(format) +
                     ", not a list of task IDs; save it as CSV (UTF-8), or as text with one ID "
                     "a line");
  }
  const Names names = read_hash_header();
  if (names.empty() && !delimiter_named_) {
    reader.detect_delimiter();
    reader.set_delimiter(columns_.delimiter_of(reader.peek_line(), reader.delimiter()));
  }
  if (options_.delimiter) {
    reader.set_delimiter(*options_.delimiter);
  }
  read_header(names);
}

void TaskList::tell(const Tell& how, const std::string& sentence) const {
  if (how) {
    how(printable(source_, kRejectedTextMax) + ": " + sentence);
  }
}

// Skips the comments before the data. Returns the names of the last comment that names the ID's
// column; but if the first row of data names it, that comment is only a remark.
TaskList::Names TaskList::read_hash_header() {
  CsvReader& reader = rows_.reader();
  Names names;
  while (true) {
    delimiter_named_ = reader.take_named_delimiter() || delimiter_named_;
    const std::string_view line = reader.peek_line();
    const bool hash = line.starts_with('#');
    const char likely =
        delimiter_named_ ? reader.delimiter() : likely_delimiter(line).value_or(',');
    const char delimiter =
        options_.delimiter.value_or(hash ? likely : columns_.delimiter_of(line, likely));
    Names cells = split_line(line, delimiter);
    const std::string_view behind = trim_unseen(std::string_view(cells.front()).substr(hash));
    if (hash && !behind.empty()) {  // else the column itself has this name
      cells.front() = std::string(behind);
    }
    cells = names_of(cells);
    const auto named = columns_.named(cells);
    if (!hash) {
      return named ? Names() : names;
    }
    if (!named && columns_.named(names).value_or(0) > 0 && cells.size() == names.size()) {
      return names;  // this is a row
    }
    if (!named && names.empty() && columns_.is_numbered_row(cells)) {
      reader.set_delimiter(delimiter);
      reader.set_hash_fields(cells.size());
      return {};
    }
    if (named) {
      names = std::move(cells);
      reader.set_delimiter(delimiter);
    }
    reader.skip_comment();
  }
}

// `names`: from a header after `#`; empty: the first row may be a header.
void TaskList::read_header(const Names& names) {
  const auto number = columns_.given_number();
  if (!names.empty()) {
    counts_.hash_headers = 1;
    columns_.set_id(number.value_or(*columns_.named(names)));
    if (columns_.id() >= names.size()) {
      throw UsageError(printable(source_, kRejectedTextMax) + " has no column " + columns_.given() +
                       "; it has " + std::to_string(names.size()));
    }
    take_names(names);
  } else if (rows_.hold()) {
    read_first_row();
  }
}

// Finds the ID's column, and whether the first row is a header.
void TaskList::read_first_row() {
  const HeldRows::Row& first = rows_.held().front();
  const Names names = names_of(first.fields);
  const auto number = columns_.given_number();
  const auto named = columns_.named(names);
  const std::string source = printable(source_, kRejectedTextMax);
  if (!columns_.given().empty() && !number && !named) {
    throw UsageError(source + " has no column " + columns_.given() +
                     "; its columns are: " + list_of_names(names));
  }
  columns_.set_id(number.value_or(named.value_or(0)));
  rows_.reader().set_hash_fields(columns_.id() > 0 ? names.size() : 0);
  const bool whole = first.kind == CsvRow::Kind::fields;
  if (number && whole && *number >= names.size()) {
    throw UsageError(source + " has no column " + columns_.given() + "; it has " +
                     std::to_string(names.size()));
  }
  if (named) {
    rows_.drop_first();
    take_names(names);
    return;
  }
  if (whole && looks_like_header(rows_, columns_.id())) {
    if (!number) {
      throw UsageError(source + " begins with what looks like a header, but names no column of " +
                       "task IDs; its columns are: " + list_of_names(names) +
                       "; give it with --column NAME (or its number, counted from 1)");
    }
    tell(options_.warn,
         "its first row looks like a header and is read as one: " + list_of_names(names));
    rows_.drop_first();
    take_names(names);
    return;
  }
  if (whole && !number && look_like_ids(first.fields)) {
    tell(options_.warn, "its first row holds " + std::to_string(first.fields.size()) +
                            " values that look like task IDs; only the first of each row is read: "
                            "put one ID on each line");
  }
  tell(options_.detail, "it has no header; column " + std::to_string(columns_.id() + 1) +
                            " is read as the task IDs");
}

// Uses these names for the columns from now on.
void TaskList::take_names(const Names& names) {
  columns_.take(names);
  rows_.reader().set_hash_fields(columns_.id() > 0 ? names.size() : 0);
}

// Whether the row is another header, as from `cat a.csv b.csv`. A different one replaces the names.
bool TaskList::is_header_again() {
  const CsvRow& row = rows_.row();
  if (!columns_.is_name(trim_unseen(columns_.id_field(row.fields)))) {
    return false;
  }
  const Names names = names_of(row.fields);
  if (!columns_.named(names)) {
    return false;
  }
  take_header_again(names);
  return true;
}

// `names`: a row that names the ID's column.
void TaskList::take_header_again(const Names& names) {
  ++counts_.repeated_headers;
  if (!columns_.are_in_force(names)) {
    columns_.set_id(columns_.given_number().value_or(*columns_.named(names)));
    tell(options_.warn, "line " + std::to_string(line()) +
                            " is another header, used from there on: " + list_of_names(names));
    take_names(names);
  }
}

// Whether another list with its own delimiter begins here: with `sep=` or with its header.
bool TaskList::is_other_delimiter() {
  constexpr std::size_t kSeparatorMax = 6;
  CsvReader& reader = rows_.reader();
  const std::vector<std::string_view>& fields = rows_.row().fields;
  const std::string_view first = fields.front();
  if (first.size() <= kSeparatorMax && first.find('=') != std::string_view::npos) {
    std::string line(first);
    for (std::size_t i = 1; i < fields.size(); ++i) {
      line.append(1, reader.delimiter()).append(fields[i]);
    }
    const auto named = named_delimiter(line);
    reader.set_delimiter(options_.delimiter.value_or(named.value_or(reader.delimiter())));
    return named.has_value();
  }
  const bool is_parted = std::any_of(kDelimiters.begin(), kDelimiters.end(), [&](char one) {
    return first.find(one) != std::string_view::npos;
  });
  if (fields.size() > 1 || options_.delimiter || !is_parted) {
    return false;
  }
  const char delimiter = columns_.delimiter_of(first, reader.delimiter());
  if (delimiter == reader.delimiter()) {
    return false;
  }
  reader.set_delimiter(delimiter);
  take_header_again(names_of(split_line(first, delimiter)));
  return true;
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
    if (!rows_.take()) {
      return std::nullopt;
    }
  } while (rows_.row().kind == CsvRow::Kind::fields && (is_header_again() || is_other_delimiter()));
  ++counts_.rows;
  return accept(rows_.row());
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
      return reject("a quote that opens here is never closed; everything from here on is rejected",
                    {});
    case CsvRow::Kind::fields:
      break;
  }
  auto read = read_id_cell(row.fields, columns_.id(), columns_.size());
  if (auto* reason = std::get_if<std::string>(&read)) {
    return reject(std::move(*reason), columns_.id_field(row.fields));
  }
  WantedTask task{std::move(std::get<TaskId>(read)), {}, {}};
  if (rounding_.notice(task.id.text())) {
    tell(options_.warn,
         "its task IDs have only zeros after their fifteenth digit, as if a spreadsheet had "
         "rounded them; if that is so, export the column as text again");
  }
  columns_.read(row.fields, task);
  return task;
}

}  // namespace core
