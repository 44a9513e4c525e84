#include <algorithm>
#include <cstring>
#include <exception>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/input/task_list.h"
#include "core/text/csv_writer.h"
#include "core/text/percent.h"
#include "core/text/printable.h"
#include "core/text/utf8.h"
#include "tests/support/input_failures.h"

namespace support {
namespace {

constexpr std::size_t kAtOnce = std::string_view::npos;

core::ReadBytes list_bytes(std::string_view text, std::size_t piece) {
  return [text, piece, given = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const std::size_t count = std::min({size, piece, text.size() - given});
    std::memcpy(buffer, text.data() + given, count);
    given += count;
    return count;
  };
}

// Everything that a list says, as text, so that two readings can be compared.
struct Reading {
  std::string text;
  std::multiset<std::string> told;  // the sooner, the larger the pieces are
  std::string failure;
};

std::string id_failure(const core::TaskId& id) {
  const auto again = core::TaskId::parse(id.text());
  if (!std::holds_alternative<core::TaskId>(again) || std::get<core::TaskId>(again) != id) {
    return "an ID that is none when it is read again: " + id.text();
  }
  const std::string path = core::percent_encoded(id.text(), false);
  if (path == "." || path == ".." || path.find_first_of("/?#\\ \r\n") != std::string::npos) {
    return "an ID that leaves its place in a path: " + id.text();
  }
  return {};
}

void add_row(const core::TaskList::Row& row, std::uint64_t line, Reading& reading) {
  reading.text += std::to_string(line);
  if (const auto* task = std::get_if<core::WantedTask>(&row)) {
    reading.text += " task " + task->id.text() + "|" + task->model + "|" + task->account;
    for (const auto& [name, value] : task->labels) {
      reading.text += "|" + name + "=" + value;
      if (core::valid_utf8(name + value) != name + value) {
        reading.failure = "a label that is not UTF-8: " + name + "=" + value;
      }
    }
    if (const std::string failure = id_failure(task->id); !failure.empty()) {
      reading.failure = failure;
    }
  } else {
    const auto& rejected = std::get<core::RejectedRow>(row);
    if (rejected.reason.empty() ||
        core::printable(rejected.reason, rejected.reason.size()) != rejected.reason) {
      reading.failure = "a reason that is none, or not printable: " + rejected.reason;
    }
    reading.text += " rejected " + rejected.reason + "|" + rejected.text + "|" +
                    std::to_string(rejected.line) + "|" + std::to_string(rejected.mark);
  }
  reading.text += '\n';
}

Reading read_list(std::string_view bytes, std::size_t piece, const std::string& column) {
  Reading reading;
  core::TaskListOptions options{.delimiter = std::nullopt, .column = column};
  options.warn = [&reading](const std::string& sentence) { reading.told.insert(sentence); };
  try {
    core::TaskList list("list.csv", list_bytes(bytes, piece), options);
    std::uint64_t line = 0;
    while (const auto row = list.next()) {
      if (list.line() < line || list.line() > bytes.size() + 1) {
        reading.failure =
            "line " + std::to_string(list.line()) + " comes behind line " + std::to_string(line);
      }
      line = list.line();
      add_row(*row, line, reading);
    }
    reading.text += std::to_string(list.rows()) + " rows, " + std::to_string(list.comments());
  } catch (const core::UsageError& refusal) {
    reading.text += std::string("refused: ") + refusal.what();
    reading.told.clear();  // of what lies behind, if a large piece has it
  }
  return reading;
}

std::string all_of(const Reading& reading) {
  std::string text = reading.text;
  for (const std::string& sentence : reading.told) {
    text += "\n" + sentence;
  }
  return text;
}

using Rows = std::vector<std::vector<std::string>>;

Rows csv_rows(std::string_view bytes, std::size_t piece, char delimiter) {
  core::CsvReader reader(list_bytes(bytes, piece));
  reader.set_delimiter(delimiter);
  Rows rows;
  for (core::CsvRow row; reader.next(row);) {
    if (row.kind == core::CsvRow::Kind::fields) {
      rows.emplace_back(row.fields.begin(), row.fields.end());
    }
  }
  return rows;
}

// With every field in quotes, and marked as UTF-8, nothing can be taken for anything else.
std::string in_quotes(const Rows& rows, char delimiter) {
  std::string text = "\xEF\xBB\xBF";
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i == 0 ? "\"" : std::string(1, delimiter) + "\"";
      for (const char one : row[i]) {
        text.append(one == '"' ? 2 : 1, one);
      }
      text += '"';
    }
    text += '\n';
  }
  return text;
}

// The size of an input decides what else is tried with it: every reading costs a large buffer.
std::string csv_failure(std::string_view bytes) {
  const char delimiter = core::kDelimiters[bytes.size() % core::kDelimiters.size()];
  const Rows rows = csv_rows(bytes, kAtOnce, delimiter);
  if (csv_rows(bytes, 1, delimiter) != rows) {
    return "CSV means something else when it comes byte by byte";
  }
  return csv_rows(in_quotes(rows, delimiter), kAtOnce, delimiter) == rows
             ? ""
             : "rows mean something else when they are written and read again";
}

}  // namespace

std::string list_failure(std::string_view bytes) {
  try {
    constexpr std::size_t kPieceMax = 7;
    for (const char* column : {"", "2"}) {
      const Reading whole = read_list(bytes, kAtOnce, column);
      const Reading pieces = read_list(bytes, bytes.size() % kPieceMax + 1, column);
      if (pieces.text != whole.text || pieces.told != whole.told) {
        return "in pieces a list means something else: " + all_of(pieces) + " instead of " +
               all_of(whole);
      }
      if (!whole.failure.empty()) {
        return whole.failure;
      }
    }
    return csv_failure(bytes);
  } catch (const std::exception& failure) {
    return std::string("an exception: ") + failure.what();
  }
}

}  // namespace support
