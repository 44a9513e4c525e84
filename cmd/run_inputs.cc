#include "cmd/run_inputs.h"

#include <unistd.h>

#include <charconv>
#include <optional>
#include <utility>
#include <variant>

#include "cmd/terminal.h"
#include "core/error.h"
#include "core/printable.h"
#include "core/sha256.h"

namespace cmd {
namespace {

std::optional<char> delimiter_of(const Settings& settings) {
  const auto text = settings.given_text("delimiter");
  if (!text) {
    return std::nullopt;
  }
  if (*text == "tab" || *text == "\\t") {
    return '\t';
  }
  if (text->size() != 1 || *text == "\"" || *text == "\n" || *text == "\r") {
    throw core::UsageError("--delimiter takes one character (or `tab`), not " + *text);
  }
  return text->front();
}

bool parse_whole(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

}  // namespace

RunInputs::RunInputs(const Settings& settings, Log& log) : log_(log), names_(settings.arguments()) {
  const bool pending = settings.flag("pending");
  if (names_.empty() && !pending) {
    if (is_terminal(STDIN_FILENO)) {
      throw core::UsageError("no task IDs: name a FILE, pipe them in, or give --pending");
    }
    names_.emplace_back("-");
  }
  if (const auto shard = settings.given_text("shard")) {
    const std::size_t slash = shard->find('/');
    if (slash == std::string::npos || !parse_whole(shard->substr(0, slash), shard_) ||
        !parse_whole(shard->substr(slash + 1), shards_) || shard_ < 1 || shard_ > shards_) {
      throw core::UsageError("--shard takes I/N with I from 1 to N, not " + *shard);
    }
  }
  core::TaskListOptions options;
  options.delimiter = delimiter_of(settings);
  options.column = settings.given_text("column").value_or("");
  for (const std::string& name : names_) {
    lists_.push_back(std::make_unique<core::TaskList>(name == "-" ? "standard input" : name,
                                                      core::open_input(name), options));
  }
}

// Any stable hash would do; this one never changes with compiler or library.
bool RunInputs::is_ours(const core::TaskId& id) const {
  if (shards_ == 1) {
    return true;
  }
  core::Sha256 hash;
  hash.update(id.text());
  const core::Sha256Digest digest = hash.finish();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = number << 8U | digest.at(i);
  }
  return number % shards_ == shard_ - 1;
}

void RunInputs::report(const core::RejectedRow& row) {
  ++counts_.rows_rejected;
  if (counts_.rows_rejected <= kRejectedNamedMax) {
    const std::string field = row.text.empty() ? "" : ": " + core::printable(row.text, 100);
    log_.warning(row.source + ":" + std::to_string(row.line) + ": rejected: " + row.reason + field);
  } else if (counts_.rows_rejected == kRejectedNamedMax + 1) {
    log_.warning("more rows are rejected; the summary counts them, --failed-out lists them");
  }
}

void RunInputs::read(const Take& take, const Reject& reject) {
  for (const auto& list : lists_) {
    while (auto row = list->next()) {
      if (auto* task = std::get_if<core::WantedTask>(&*row)) {
        if (is_ours(task->id)) {
          ++counts_.rows_read;
          take(std::move(*task));
        }
      } else if (shard_ == 1) {
        ++counts_.rows_read;
        const auto& rejected = std::get<core::RejectedRow>(*row);
        report(rejected);
        reject(rejected);
      }
    }
  }
}

}  // namespace cmd
