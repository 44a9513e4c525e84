#include "cmd/run/run_outcome.h"

#include <unistd.h>

#include <ostream>

#include "cmd/cli/exit_code.h"
#include "cmd/os/terminal.h"
#include "cmd/run/end_block.h"
#include "cmd/run/next_command.h"
#include "core/error.h"

namespace cmd {
namespace {

LogLevel level_of(core::Notice::Kind kind) {
  switch (kind) {
    case core::Notice::Kind::request:
    case core::Notice::Kind::retry:
      return LogLevel::request;
    case core::Notice::Kind::video_done:
    case core::Notice::Kind::slowed:
    case core::Notice::Kind::not_answered:
    case core::Notice::Kind::video_failed:
    case core::Notice::Kind::video_expired:
    case core::Notice::Kind::looks_finished:
      return LogLevel::detail;  // the summary lists the failures
    case core::Notice::Kind::unrecognised:
    case core::Notice::Kind::flagged:
      return LogLevel::warning;
    case core::Notice::Kind::stopped:
      return LogLevel::error;
  }
  return LogLevel::error;
}

}  // namespace

std::string RunOutcome::account_name(int account) const {
  const auto at = static_cast<std::size_t>(account);
  return at < account_names_.size() ? account_names_.at(at) : "";
}

void RunOutcome::open_failed_rows(const std::vector<std::string>& account_names) {
  account_names_ = account_names;
  if (const auto path = settings_.given_text("failed-out")) {
    failed_rows_ = std::make_unique<FailedRows>(*path, account_names);
  }
}

void RunOutcome::add(const core::RejectedRow& row) {
  if (failed_rows_ != nullptr) {
    const std::lock_guard lock(rows_mutex_);
    failed_rows_->add(row);
  }
}

void RunOutcome::add(const core::Notice& notice) {
  failures_.add(notice);
  if (failed_rows_ != nullptr) {
    const std::lock_guard lock(rows_mutex_);
    failed_rows_->add(notice);
  }
  const bool told_once_recorded = notice.kind == core::Notice::Kind::video_done;
  if (!told_once_recorded && log_.wants(level_of(notice.kind))) {
    log(notice);
  }
}

void RunOutcome::log(const core::Notice& notice) {
  const std::string line =
      (notice.task_id.empty() ? std::string() : notice.task_id + ": ") + notice.text;
  const bool of_a_task = !notice.task_id.empty();
  log_.event(level_of(notice.kind), line,
             {.kind = std::string(word_of(notice.kind)),
              .task = notice.task_id,
              .account = of_a_task ? account_name(notice.account) : "",
              .video = notice.video,
              .http_status = http_status_in(notice.text)});
}

// Tasks are only counted in the summary: after a rejected key that would be all of them.
void RunOutcome::add_left_over(const core::LeftOver& left) {
  core::Notice notice{.kind = core::Notice::Kind::not_answered,
                      .task_id = left.task_id,
                      .video = left.video,
                      .text = "left when the downloads ended",
                      .account = left.account};
  if (left.video > 0) {
    notice.kind = core::Notice::Kind::video_failed;
    if (facts_.signal == 0) {
      failures_.add(notice);
    }
  }
  if (failed_rows_ != nullptr) {
    failed_rows_->add(notice);
  }
}

void RunOutcome::count_rows(const InputCounts& counts) {
  summary_.rows_read = counts.rows_read;
  summary_.rows_rejected = counts.rows_rejected;
  summary_.comments = counts.comments;
  summary_.repeated_headers = counts.repeated_headers;
  rows_told_before_ = counts.rows_told_before;
}

void RunOutcome::count_tasks(const core::RunTotals& totals) {
  summary_.tasks = totals.tasks;
  summary_.succeeded = totals.succeeded;
  summary_.failed = totals.failed;
  summary_.unfinished = totals.unfinished;
  summary_.stale = totals.stale;
  summary_.missing = totals.missing;
  summary_.videos_left = totals.videos_wanted;
  summary_.videos_untried = totals.videos_untried;
}

void RunOutcome::decide(const ExitFacts& facts) {
  facts_ = facts;
  summary_.exit_code = exit_code(facts, summary_);
  Summary otherwise = summary_;
  otherwise.rows_rejected -= rows_told_before_;
  told_before_ = exit_code(facts, otherwise) == ExitCode::ok;
}

void RunOutcome::fail(const std::string& why) {
  log_.error(why);
  const ExitCode code = summary_.exit_code;
  if (code == ExitCode::ok || code == ExitCode::partly || code == ExitCode::unfinished) {
    summary_.exit_code = ExitCode::fatal;
  }
}

void RunOutcome::publish_failed_rows() {
  if (failed_rows_ == nullptr) {
    return;
  }
  try {
    failed_rows_->publish();
  } catch (const core::Error& failure) {
    fail(std::string("--failed-out: ") + failure.what());
  }
}

// Where a person looks at it. A quiet run, and one whose output programs read, say it line by line.
bool RunOutcome::tells_on_a_terminal() const {
  return is_terminal(STDERR_FILENO) && !is_dumb(settings_.environment()) &&
         !settings_.flag("quiet") && settings_.text("log-format") == "text";
}

void RunOutcome::tell_on_a_terminal() {
  const Environment& environment = settings_.environment();
  const bool videos_count = !settings_.flag("no-download");
  log_.plain(end_block({.summary = summary_,
                        .failures = failures_,
                        .why = why_it_ended(),
                        .next = next_command(settings_, summary_, facts_.input_cut),
                        .videos_count = videos_count},
                       {.color = use_color(settings_.text("color"), STDERR_FILENO, environment),
                        .utf8 = has_utf8(environment)}));
  if (settings_.flag("json")) {
    out_ << summary_json(summary_) << std::endl;  // a failure here still reaches the monitors
  }
}

void RunOutcome::tell() {
  if (tells_on_a_terminal()) {
    tell_on_a_terminal();
    return;
  }
  const bool failed = summary_.exit_code != ExitCode::ok;
  for (const FailureList::Line& line : failures_.lines()) {
    log_.event(LogLevel::error, line.text,
               {.kind = std::string(word_of(line.kind)),
                .http_status = line.http_status,
                .count = line.count});
  }
  tell_summary(failed);
  // Last, where users look for it.
  if (const std::string why = why_it_ended(); !why.empty()) {
    failed ? log_.error(why) : log_.note(why);
  }
}

void RunOutcome::tell_summary(bool failed) {
  const bool quiet = settings_.flag("quiet");
  if (settings_.flag("json")) {
    out_ << summary_json(summary_) << std::endl;  // a failure here still reaches the monitors
    return;
  }
  const bool known = told_before_ && summary_.exit_code == ExitCode::partly;
  if (quiet && (!failed || known)) {
    return;
  }
  for (const std::string& line : summary_text(summary_)) {
    quiet ? log_.error(line) : log_.note(line);
  }
}

// Empty if all work was done.
std::string RunOutcome::why_it_ended() const {
  const core::RunResult& result = facts_.result;
  if (result.end == core::RunEnd::key_rejected) {
    return "the gateway rejects the API key: " + result.reason;
  }
  if (result.end == core::RunEnd::wrong_base_url) {
    return result.reason + "; check --base-url, which must end before /v1";
  }
  return result.disk_failure.empty()
             ? result.reason
             : result.disk_failure + "; repair it or choose another folder with --output: the " +
                   "next run with --pending downloads what is missing";
}

}  // namespace cmd
