#include "cmd/run/run_inputs.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "cmd/cli/api_key.h"
#include "cmd/cli/delimiter.h"
#include "cmd/os/terminal.h"
#include "cmd/run/gateway_lists.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

constexpr std::size_t kPathShownMax = 100;

bool parse_whole(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// An output that replaces a list would lose it.
void require_other_outputs(const Settings& settings, const std::vector<std::string>& inputs) {
  const std::pair<std::string, std::optional<std::string>> outputs[] = {
      {"--failed-out", settings.given_text("failed-out")},
      {"--status-file", settings.given_text("status-file")},
      {"--metrics-file", settings.given_text("metrics-file")}};
  for (const auto& [option, output] : outputs) {
    for (const std::string& input : inputs) {
      std::error_code none;  // a file that does not exist is no other
      if (output && std::filesystem::equivalent(*output, input, none)) {
        throw core::UsageError(option + " would replace the list " +
                               core::printable(input, kPathShownMax) + ": name another file");
      }
    }
  }
}

std::string rejection_text(const core::RejectedRow& row) {
  const std::string line = row.line == 0 ? "" : ":" + std::to_string(row.line);
  const std::string field = row.text.empty() ? "" : ": " + core::printable(row.text, 100);
  return row.source + line + ": rejected: " + row.reason + field;
}

bool is_typed(const Settings& settings, AnyName name) {
  return settings.origin(name).kind == Origin::Kind::option;
}

// What a configuration says for all runs is no reason to refuse one of them.
void require_that_lists_apply(const Settings& settings) {
  const bool from_gateway = settings.flag("from-gateway");
  const bool by_list = settings.flag("by-list");
  if (settings.flag("dry-run") && (from_gateway || is_typed(settings, "by-list"))) {
    throw core::UsageError("--dry-run sends no request, and " +
                           std::string(from_gateway ? "--from-gateway" : "--by-list") +
                           " needs some: leave one of them out");
  }
  if (is_typed(settings, "since") && !from_gateway && !by_list) {
    throw core::UsageError(
        "--since says how far back the gateway's list is read, and this run does not read it: give "
        "--from-gateway or --by-list, too, or leave --since out");
  }
  if (by_list && settings.given_text("crew")) {
    throw core::UsageError(
        "--by-list is for a run that works alone: a list has the tasks of the whole crew; leave "
        "out --crew or --by-list");
  }
}

}  // namespace

RunInputs::RunInputs(const Settings& settings, Log& log)
    : settings_(settings),
      log_(log),
      names_(settings.arguments()),
      from_gateway_(settings.flag("from-gateway")) {
  if (names_.empty() && !settings.flag("pending") && !from_gateway_) {
    if (is_terminal(STDIN_FILENO)) {
      throw core::UsageError(
          "no task IDs: name a FILE, pipe them in, or give --pending or --from-gateway");
    }
    names_.emplace_back("-");
  }
  require_other_outputs(settings, names_);
  require_that_lists_apply(settings);
  if (const auto shard = settings.given_text("shard")) {
    const std::size_t slash = shard->find('/');
    if (slash == std::string::npos || !parse_whole(shard->substr(0, slash), shard_) ||
        !parse_whole(shard->substr(slash + 1), shards_) || shard_ < 1 || shard_ > shards_) {
      throw core::UsageError("--shard takes I/N with I from 1 to N, not " + *shard);
    }
  }
  if (const auto deadline = settings.given_duration("deadline")) {
    patience_.until = std::chrono::steady_clock::now() + *deadline;
  }
  core::TaskListOptions options;
  if (const auto delimiter = settings.given_text("delimiter")) {
    options.delimiter = list_delimiter(*delimiter);
  }
  options.column = settings.given_text("column").value_or("");
  options.warn = [this](const std::string& line) { log_.warning(line); };
  options.detail = [this](const std::string& line) { log_.detail(line); };
  for (const std::string& name : names_) {
    lists_.push_back(std::make_unique<core::TaskList>(name == "-" ? "standard input" : name,
                                                      core::open_input(name, &patience_), options));
  }
  find_accounts(settings);
  require_user_tokens();
}

// Now, since a token that cannot be read would end the run later, with the lock held.
void RunInputs::require_user_tokens() const {
  const bool by_list = settings_.flag("by-list") && !settings_.flag("dry-run");
  if (from_gateway_ || by_list) {
    static_cast<void>(read_user_token(accounts_.front(), settings_.environment()));
  }
  for (const Account& account : accounts_) {
    if (by_list && !account.user_token_file.empty()) {
      static_cast<void>(read_user_token(account, settings_.environment()));
    }
  }
}

void RunInputs::find_accounts(const Settings& settings) {
  accounts_.push_back(chosen_account(settings));
  if (std::none_of(lists_.begin(), lists_.end(),
                   [](const auto& list) { return list->columns().has_account(); })) {
    return;
  }
  for (const std::string& name : account_names(settings)) {
    if (auto account = account_named(settings, name); account && name != accounts_.front().name) {
      accounts_.push_back(std::move(*account));
    }
  }
}

std::optional<std::size_t> RunInputs::account_of(const core::WantedTask& task) const {
  if (task.account.empty()) {
    return 0;
  }
  const auto found =
      std::find_if(accounts_.begin(), accounts_.end(),
                   [&task](const Account& account) { return account.name == task.account; });
  return found == accounts_.end()
             ? std::nullopt
             : std::optional(static_cast<std::size_t>(found - accounts_.begin()));
}

// SHA-256, since the result must never change with the compiler or a library.
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

void RunInputs::refuse(const core::RejectedRow& row, const Reject& reject) {
  ++counts_.rows_rejected;
  if (reject(row)) {
    ++counts_.rows_told_before;
    return;
  }
  const std::uint64_t told = counts_.rows_rejected - counts_.rows_told_before;
  if (told <= kRejectedNamedMax) {
    log_.error(rejection_text(row));
  } else if (told == kRejectedNamedMax + 1) {
    log_.error("more rows are rejected; the summary counts them, --failed-out lists them");
  }
}

bool RunInputs::are_files() const {
  return !names_.empty() && !from_gateway_ &&
         std::all_of(names_.begin(), names_.end(), [](const std::string& name) {
           struct stat status {};
           const int found =
               name == "-" ? fstat(STDIN_FILENO, &status) : stat(name.c_str(), &status);
           return found == 0 && S_ISREG(status.st_mode);
         });
}

std::vector<std::string> RunInputs::names() const {
  std::vector<std::string> names = names_;
  if (from_gateway_) {
    names.emplace_back(kGatewayList);
  }
  return names;
}

std::vector<std::string> RunInputs::sources() const {
  std::vector<std::string> sources;
  for (const auto& list : lists_) {
    sources.push_back(list->source());
  }
  if (from_gateway_) {
    sources.emplace_back(kGatewayList);
  }
  return sources;
}

InputCounts RunInputs::counts() const {
  InputCounts counts = counts_;
  for (const auto& list : lists_) {
    counts.comments += list->comments();
    counts.repeated_headers += list->repeated_headers();
  }
  return counts;
}

void RunInputs::read(const Take& take, const Reject& reject) {
  for (const auto& list : lists_) {
    while (auto row = list->next()) {
      const auto* task = std::get_if<core::WantedTask>(&*row);
      if (task == nullptr ? shard_ != 1 : !is_ours(task->id)) {
        continue;
      }
      ++counts_.rows_read;
      if (task == nullptr) {
        refuse(std::get<core::RejectedRow>(*row), reject);
      } else if (const auto account = account_of(*task)) {
        take(*task, *account);
      } else {
        const std::string reason =
            "its account has no [account] table with a key in the configuration";
        refuse({.source = list->source(),
                .line = list->line(),
                .reason = reason,
                .text = task->account,
                .mark = core::rejection_mark(list->source(), reason,
                                             task->id.text() + '\n' + task->account)},
               reject);
      }
    }
  }
  if (from_gateway_) {
    read_gateway(take, reject);
  }
}

// Nobody can correct the gateway's list: each run would name all of its entries again.
void RunInputs::read_gateway(const Take& take, const Reject& reject) {
  std::string first;
  std::uint64_t further = 0;
  const auto tell = [&] {
    if (!first.empty()) {
      log_.error(first + (further == 0 ? ""
                                       : "; and " + std::to_string(further) +
                                             " more of its entries, which -v names"));
    }
  };
  const auto refuse_entry = [&](const core::RejectedRow& row) {
    ++counts_.rows_read;
    ++counts_.rows_rejected;
    if (reject(row)) {
      ++counts_.rows_told_before;
    } else if (first.empty()) {
      first = rejection_text(row);
    } else {
      ++further;
      log_.detail(rejection_text(row));
    }
  };
  try {
    read_entries(take, refuse_entry);
  } catch (...) {
    tell();
    throw;
  }
  tell();
}

void RunInputs::read_entries(const Take& take,
                             const std::function<void(const core::RejectedRow&)>& refuse_entry) {
  core::UserApi api = user_api(
      accounts_.front(), settings_,
      {.retries = settings_.count("retries"), .stop = [this] { return is_out_of_patience(); }});
  static_cast<void>(each_listed_task(
      api, core::SystemClock().utc(), settings_.duration("since"),
      [&](core::WantedTask&& task) {
        if (is_ours(task.id)) {
          ++counts_.rows_read;
          take(task, 0);
        }
      },
      [&](const core::RejectedRow& row) {
        if (shard_ == 1) {
          refuse_entry(row);
        }
      }));
}

bool RunInputs::is_out_of_patience() const {
  pollfd stop{.fd = patience_.stop, .events = POLLIN, .revents = 0};
  return std::chrono::steady_clock::now() >= patience_.until ||
         (patience_.stop >= 0 && poll(&stop, 1, 0) > 0);
}

}  // namespace cmd
