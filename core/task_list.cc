#include "core/task_list.h"

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
#include "core/printable.h"
#include "core/utf8.h"

namespace core {
namespace {

constexpr std::size_t kRejectedTextMax = 100;
constexpr std::array<std::string_view, 4> kIdNames = {"task_id", "taskid", "task id", "id"};

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char one) {
    return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
  });
  return result;
}

std::optional<std::size_t> column_number(const std::string& column) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(column.data(), column.data() + column.size(), number);
  const bool whole = error == std::errc() && end == column.data() + column.size();
  return whole && number > 0 ? std::optional(number - 1) : std::nullopt;
}

// "8,60E+17" where a comma parts fields: a list of one column from a spreadsheet that writes
// decimal commas, behind one digit. The first half alone looks like an ID.
bool is_split_number(const std::vector<std::string_view>& fields, std::size_t column) {
  if (column + 1 >= fields.size() || fields[column].size() != 1 ||
      fields[column + 1].find('+') == std::string_view::npos) {
    return false;
  }
  const auto whole =
      TaskId::parse(std::string(fields[column]).append(1, ',').append(fields[column + 1]));
  const auto* defect = std::get_if<IdDefect>(&whole);
  return defect != nullptr && *defect == IdDefect::spreadsheet_number;
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
    : source_(std::move(source)), reader_(std::move(read)), options_(std::move(options)) {
  reader_.detect_delimiter();
  if (options_.delimiter) {
    reader_.set_delimiter(*options_.delimiter);
  }
  read_header();
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

void TaskList::read_header() {
  if (!reader_.next(row_)) {
    return;
  }
  std::vector<std::string> names;
  for (const std::string_view field : row_.fields) {
    names.push_back(valid_utf8(trim(field)));
  }
  const auto number = column_number(options_.column);
  const auto named = named_column(names);
  if (!options_.column.empty() && !number && !named) {
    std::string found;
    for (const std::string& name : names) {
      found += (found.empty() ? "" : ", ") + printable(name, kRejectedTextMax);
    }
    throw UsageError(printable(source_, kRejectedTextMax) + " has no column " + options_.column +
                     "; its columns are: " + found);
  }
  id_column_ = number.value_or(named.value_or(0));
  if (number && row_.kind == CsvRow::Kind::fields && *number >= row_.fields.size()) {
    throw UsageError(printable(source_, kRejectedTextMax) + " has no column " + options_.column +
                     "; it has " + std::to_string(row_.fields.size()));
  }
  if (!named) {
    first_is_data_ = true;
    return;
  }
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

std::optional<TaskList::Row> TaskList::next() {
  if (!std::exchange(first_is_data_, false) && !reader_.next(row_)) {
    return std::nullopt;
  }
  ++rows_;
  return accept(row_);
}

TaskList::Row TaskList::accept(const CsvRow& row) {
  const auto reject = [&](std::string reason, std::string_view text) {
    return RejectedRow{source_, row.line, std::move(reason),
                       std::string(text.substr(0, kRejectedTextMax))};
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
  const std::string_view field =
      id_column_ < row.fields.size() ? row.fields[id_column_] : std::string_view();
  if (is_split_number(row.fields, id_column_)) {
    return reject(std::string(describe(IdDefect::spreadsheet_number)), field);
  }
  auto parsed = TaskId::parse(field);
  if (const auto* defect = std::get_if<IdDefect>(&parsed)) {
    return reject(std::string(describe(*defect)), field);
  }
  WantedTask task{std::move(std::get<TaskId>(parsed)), {}, {}};
  if (model_column_ && *model_column_ < row.fields.size()) {
    task.model = valid_utf8(trim(row.fields[*model_column_]));
  }
  if (account_column_ && *account_column_ < row.fields.size()) {
    task.account = valid_utf8(trim(row.fields[*account_column_]));
  }
  task.labels.reserve(labels_);
  const std::size_t columns = std::min(label_names_.size(), row.fields.size());
  for (std::size_t i = 0; i < columns; ++i) {
    const std::string_view value = label_names_[i].empty() ? "" : trim(row.fields[i]);
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
