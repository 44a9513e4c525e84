#include "core/input/task_list.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files/sha256.h"
#include "core/input/id_cell.h"
#include "core/text/printable.h"
#include "core/text/utf8.h"

namespace core {
namespace {

constexpr std::size_t kRejectedTextMax = 100;
constexpr std::array<std::string_view, 8> kIdNames = {"task_id", "taskid",  "task id",  "task-id",
                                                      "任务id",  "任务 id", "任务编号", "id"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char one) {
    return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
  });
  return result;
}

std::vector<std::string> lower_all(std::vector<std::string> texts) {
  std::transform(texts.begin(), texts.end(), texts.begin(),
                 [](const std::string& text) { return lower(text); });
  return texts;
}

std::optional<std::size_t> column_number(const std::string& column) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(column.data(), column.data() + column.size(), number);
  const bool whole = error == std::errc() && end == column.data() + column.size();
  return whole && number > 0 ? std::optional(number - 1) : std::nullopt;
}

bool equals_ignoring_case(std::string_view one, std::string_view lower_case) {
  return one.size() == lower_case.size() && lower(one) == lower_case;
}

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

std::string list_of_names(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + printable(name, kRejectedTextMax);
  }
  return list;
}

// Returns when reading would not block, be it for data, the end or an error.
void wait_for_input(int descriptor, const InputPatience& patience) {
  constexpr std::int64_t kWaitMsMax = 60'000;
  while (true) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(patience.until - now);
    std::array<pollfd, 2> ready{{{patience.stop, POLLIN, 0}, {descriptor, POLLIN, 0}}};
    const int count = poll(ready.data(), ready.size(),
                           static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kWaitMsMax)));
    if (count > 0 && ready[0].revents != 0) {
      throw Stopped("stopped while reading the input");
    }
    if (now >= patience.until) {
      throw Stopped("the time was over before the end of the input");
    }
    if (count > 0 || (count < 0 && errno != EINTR)) {
      return;
    }
  }
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
  if (names.empty()) {
    reader_.detect_delimiter();
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

std::optional<std::size_t> TaskList::named_column(const std::vector<std::string>& names) const {
  const auto position = [&names](std::string_view wanted) -> std::optional<std::size_t> {
    const auto found = std::find_if(names.begin(), names.end(), [wanted](const std::string& name) {
      return lower(name) == wanted;
    });
    return found == names.end() ? std::nullopt : std::optional<std::size_t>(found - names.begin());
  };
  if (!options_.column.empty() && !column_number(options_.column)) {
    return position(lower(options_.column));
  }
  for (const std::string_view name : kIdNames) {
    if (const auto found = position(name)) {
      return found;
    }
  }
  return std::nullopt;
}

// Skips the comments before the data. The names of the last one that names the ID's column, unless
// the first row of data does: then it was a remark about it.
TaskList::Names TaskList::read_hash_header() {
  Names names;
  while (true) {
    const std::string_view line = reader_.peek_line();
    const char delimiter = options_.delimiter.value_or(likely_delimiter(line).value_or(','));
    const bool hash = line.starts_with('#');
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
    if (i != id_column_ && lower(names[i]) == "model" && !model_column_) {
      model_column_ = i;
    }
    if (i != id_column_ && lower(names[i]) == "account" && !account_column_) {
      account_column_ = i;
    }
    const bool label = i != id_column_ && model_column_ != i && account_column_ != i;
    label_names_.push_back(label ? names[i] : std::string());
    labels_ += label && !names[i].empty() ? 1U : 0U;
  }
  reader_.set_hash_fields(id_column_ > 0 ? names.size() : 0);
  header_ = lower_all(std::move(names));
  for (const std::string& name : header_) {
    longest_name_ = std::max(longest_name_, name.size());
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

// Of several columns, with a short word without a digit where the IDs below have some.
bool TaskList::looks_like_header() {
  constexpr std::size_t kNameBytesMax = 48;
  constexpr std::size_t kRowsBelow = 8;
  const auto cell_of = [this](const HeldRow& row) {
    return id_column_ < row.fields.size() ? trim_unseen(row.fields[id_column_])
                                          : std::string_view();
  };
  const std::string_view name = cell_of(held_.front());
  if (held_.front().fields.size() < 2 || name.empty() || name.size() > kNameBytesMax ||
      has_digit(name)) {
    return false;
  }
  std::size_t with_digits = 0;
  while (held_.size() <= kRowsBelow && hold_row()) {
    const std::string_view below = cell_of(held_.back());
    if (!below.empty() && !has_digit(below)) {
      return false;
    }
    with_digits += below.empty() ? 0U : 1U;
  }
  return with_digits > 0;
}

std::string_view TaskList::id_field(const std::vector<std::string_view>& fields) const {
  return id_column_ < fields.size() ? fields[id_column_] : std::string_view();
}

// Of `cat a.csv b.csv`, say. Another one than before is in force from here on.
bool TaskList::is_header_again() {
  const std::string_view cell = trim_unseen(id_field(row_.fields));
  if (cell.size() > longest_name_) {
    return false;  // most IDs
  }
  const auto is_cell = [cell](std::string_view name) { return equals_ignoring_case(cell, name); };
  if (std::none_of(kIdNames.begin(), kIdNames.end(), is_cell) &&
      std::none_of(header_.begin(), header_.end(), is_cell)) {
    return false;
  }
  Names names;
  for (const std::string_view field : row_.fields) {
    names.push_back(valid_utf8(trim_unseen(field)));
  }
  const auto named = named_column(names);
  if (!named) {
    return false;
  }
  ++repeated_headers_;
  if (lower_all(names) != header_) {
    id_column_ = column_number(options_.column).value_or(*named);
    tell(options_.warn, "line " + std::to_string(row_.line) +
                            " is another header, in force from there on: " + list_of_names(names));
    take_names(std::move(names));
  }
  return true;
}

bool TaskList::has_column(std::string_view name) const {
  return !name.empty() && std::any_of(label_names_.begin(), label_names_.end(),
                                      [&](const auto& one) { return lower(one) == lower(name); });
}

std::string_view find_label(const Labels& labels, std::string_view name) {
  const auto found = std::find_if(labels.begin(), labels.end(), [&](const auto& label) {
    return lower(label.first) == lower(name);
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
  } while (row_.kind == CsvRow::Kind::fields && is_header_again());
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
      return reject("the row is longer than 64 KiB", {});
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

ReadBytes open_input(const std::string& path, const InputPatience* patience) {
  const auto refuse = [path](const char* doing, int error) {
    throw UsageError(std::string("cannot ") + doing + " " + printable(path, kRejectedTextMax) +
                     ": " + std::generic_category().message(error));
  };
  const bool is_stdin = path == "-";
  const int number = is_stdin ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (number < 0) {
    refuse("open", errno);
  }
  const std::shared_ptr<const int> descriptor(new int(number), [is_stdin](const int* one) {
    if (!is_stdin) {
      close(*one);
    }
    delete one;
  });
  struct stat status {};
  if (fstat(number, &status) == 0 && S_ISDIR(status.st_mode)) {
    refuse("read", EISDIR);
  }
  return [descriptor, refuse, patience](char* buffer, std::size_t size) {
    while (true) {
      if (patience != nullptr) {
        wait_for_input(*descriptor, *patience);
      }
      const ssize_t got = read(*descriptor, buffer, size);
      if (got >= 0) {
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) {
        refuse("read", errno);
      }
    }
  };
}

}  // namespace core
