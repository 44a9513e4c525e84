#include "cmd/run.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <system_error>
#include <utility>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/units.h"
#include "cmd/cli/version.h"
#include "cmd/os/atomic_file.h"
#include "cmd/os/interrupt.h"
#include "cmd/report/shared_task_warnings.h"
#include "cmd/run/dry_run.h"
#include "cmd/run/failed_rows.h"
#include "cmd/run/live_progress.h"
#include "cmd/run/metrics_file.h"
#include "cmd/run/monitor_calls.h"
#include "cmd/run/run_inputs.h"
#include "cmd/run/run_settings.h"
#include "cmd/run/sidecar.h"
#include "cmd/run/summary.h"
#include "cmd/run/video_hooks.h"
#include "core/engine/engine.h"
#include "core/error.h"
#include "core/http/curl_transport.h"
#include "core/video/local/output_folder.h"
#include "storage/ledger_error.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/rejection_memory.h"
#include "storage/sqlite/sqlite_ledger.h"
#include "storage/sqlite/task_store.h"

namespace cmd {
namespace {

constexpr std::int64_t kLogBytesNoted = std::int64_t{256} << 20U;

std::string host_name() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return host.data();
}

// Too little room is no failure of the disk: queries go on, and the next run fetches the rest.
std::optional<std::string> lack_of_space(const std::string& folder, std::int64_t bytes_min) {
  struct statvfs status {};
  if (bytes_min <= 0 || statvfs(folder.c_str(), &status) != 0) {
    return std::nullopt;
  }
  const auto free_bytes = static_cast<std::int64_t>(status.f_bavail * status.f_frsize);
  if (free_bytes >= bytes_min) {
    return std::nullopt;
  }
  return "only " + format_size(free_bytes) + " free for " + folder + ", --min-free is " +
         format_size(bytes_min);
}

class Run {
 public:
  Run(const Settings& settings, Log& log, std::ostream& out, RunInputs& inputs,
      MonitorCalls& monitor)
      : settings_(settings), log_(log), out_(out), inputs_(inputs), monitor_(monitor) {
    for (const Account& account : inputs.accounts()) {
      account_names_.push_back(account.name);
    }
  }

  int execute();

 private:
  void import(storage::TaskStore& store);
  void tell_label_differences(const storage::LabelDifferences& differences, bool taken);
  void read_inputs(const RunInputs::Take& take);
  void drive(storage::TaskStore& store, core::TransportSettings transport, VideoHooks& hooks);
  void finish_hooks(VideoHooks& hooks, const std::string& ledger);
  int execute_locked(const std::string& ledger, std::optional<storage::Lock>& lock);
  int execute_with_ledger(const std::string& ledger, storage::Lock& lock,
                          core::TransportSettings transport);
  void work(storage::TaskStore& store, storage::Lock& lock, core::TransportSettings transport);
  void require_that_it_was_alone(storage::TaskStore& store, const storage::Lock& lock);
  void end_as_fatal(const std::string& why);
  void tell_saved(core::Ticket committed);
  void hear(const core::Notice& notice);
  void fill_summary(const storage::RunTotals& totals);
  void name_left_over(storage::TaskStore& store);
  void publish_failed_rows();
  void tell_summary();
  [[nodiscard]] std::string why_it_ended() const;
  void write_monitor_files(const std::string& ledger);
  void write_monitor_file(const char* option, const std::function<void(const std::string&)>& write);
  [[nodiscard]] std::optional<storage::LedgerTotals> ledger_counts(const std::string& ledger) const;
  [[nodiscard]] Metrics metrics(const std::string& ledger, const std::string& path) const;
  [[nodiscard]] double seconds_so_far() const {
    return std::chrono::duration<double>(clock_.steady() - begin_).count();
  }

  const Settings& settings_;
  Log& log_;
  std::ostream& out_;
  RunInputs& inputs_;
  MonitorCalls& monitor_;
  std::vector<std::string> account_names_;  // by TaskRecord::account
  Interrupt interrupt_;
  core::SystemClock clock_;
  core::SteadyTime locked_;   // when the ledger was ours: --deadline counts from then
  bool input_cut_ = false;    // by a signal or the deadline
  bool told_before_ = false;  // nothing is wrong but what the run before told of
  const core::SteadyTime begin_ = clock_.steady();
  std::optional<storage::LedgerPlace> place_;  // of the ledger, once the run began
  std::unique_ptr<FailedRows> failed_rows_;
  VideoHookSettings hook_settings_;
  std::shared_ptr<core::NameTemplate> names_;
  TroubleList troubles_;
  Summary summary_;
  core::RunResult result_;
  struct SavedVideo {
    core::Ticket ticket;
    std::string line;
  };
  std::deque<SavedVideo> saved_;  // not told yet
};

int Run::execute() {
  const std::string ledger = settings_.ledger_path();
  // Freed last: the monitor hears of this end before it hears of the next start.
  std::optional<storage::Lock> lock;
  try {
    const int code = execute_locked(ledger, lock);
    monitor_.end(code, interrupt_.signal() != 0);
    return code;
  } catch (...) {
    summary_.exit_code = failure_of(std::current_exception()).exit_code;
    summary_.seconds = seconds_so_far();
    write_monitor_files(ledger);
    monitor_.end(summary_.exit_code, interrupt_.signal() != 0);
    throw;
  }
}

int Run::execute_locked(const std::string& ledger, std::optional<storage::Lock>& lock) {
  core::TransportSettings transport = transport_settings(settings_, inputs_.accounts());
  fit_to_open_files(transport, log_);
  transport.request_ids = log_.wants(LogLevel::request);
  if (const auto path = settings_.given_text("failed-out")) {
    failed_rows_ = std::make_unique<FailedRows>(*path, account_names_);
  }
  hook_settings_ = hook_settings(settings_, transport);
  names_ = std::make_shared<core::NameTemplate>(settings_.text("name"));
  // Before a file is made. Only IDs make a ledger: what is pending stands in one.
  storage::require_ledger(ledger, !inputs_.names().empty());
  try {
    lock.emplace(ledger, settings_.duration("lock-wait"), interrupt_.descriptor());
  } catch (const core::Stopped&) {
    return kSignalBase + interrupt_.signal();
  }
  locked_ = clock_.steady();
  // Not before: to a monitor this start would be that of the run that held the ledger.
  monitor_.start();
  return execute_with_ledger(ledger, *lock, std::move(transport));
}

int Run::execute_with_ledger(const std::string& ledger, storage::Lock& lock,
                             core::TransportSettings transport) {
  if (!settings_.flag("no-download")) {
    transport.folder = std::make_shared<core::OutputFolder>(settings_.text("output"));
  }
  storage::TaskStore store(ledger, clock_, !settings_.flag("no-backup"));
  summary_.run_id = store.begin_run({.version = std::string(program_version()),
                                     .host = host_name(),
                                     .inputs = inputs_.names(),
                                     .accounts = account_names_,
                                     .stale_after = settings_.duration("stale-after")});
  place_ = store.place();
  lock.keep();
  try {
    work(store, lock, std::move(transport));
  } catch (const storage::LedgerUnreadable& failure) {
    store.place().require_unmoved();
    throw core::Error(std::string("the ledger changed while the run went on: ") + failure.what());
  }
  return summary_.exit_code;
}

void Run::work(storage::TaskStore& store, storage::Lock& lock, core::TransportSettings transport) {
  import(store);
  {
    hook_settings_.folder = transport.folder;
    VideoHooks hooks(hook_settings_, log_);
    drive(store, std::move(transport), hooks);
    finish_hooks(hooks, store.path());
  }
  warn_of_shared_tasks(settings_, store.path(), storage::SharedTaskScope::last_run,
                       [this](const std::string& text, const std::string& advice) {
                         log_.warning(text + "; " + advice);
                       });
  fill_summary(store.totals());
  name_left_over(store);
  publish_failed_rows();
  require_that_it_was_alone(store, lock);
  store.end_run(summary_.exit_code, summary_json(summary_));
  if (const std::int64_t bytes = store.log_bytes(); bytes > kLogBytesNoted) {
    log_.warning("the write-ahead log " + store.path() + "-wal has grown to " + format_size(bytes) +
                 ", since another program keeps reading the ledger; it goes when that one ends");
  }
  write_monitor_files(store.path());
  tell_summary();
}

// The last look before a success is told: two runs that met may have asked and fetched the same.
void Run::require_that_it_was_alone(storage::TaskStore& store, const storage::Lock& lock) {
  try {
    lock.require_in_place();
    store.require_newest_run();
  } catch (const core::Error& failure) {
    end_as_fatal(failure.what());
  }
}

// Everything is recorded by now. A signal ends what still runs.
void Run::finish_hooks(VideoHooks& hooks, const std::string& ledger) {
  interrupt_.wake_with([&hooks] { hooks.hurry(); });
  hooks.finish(interrupt_.level() != 0);
  interrupt_.wake_with({});
  std::size_t failures = hooks.failures();
  if (hook_settings_.sidecar && hook_settings_.folder && interrupt_.level() == 0) {
    failures += write_missing_sidecars(ledger, *hook_settings_.folder, log_);
  }
  if (failures > 0) {
    summary_.tally.errors["hook"] += failures;
  }
}

// Without its file the run is not what was asked for, but for a reason that says more.
void Run::publish_failed_rows() {
  if (failed_rows_ == nullptr) {
    return;
  }
  try {
    failed_rows_->publish();
  } catch (const core::Error& failure) {
    end_as_fatal(std::string("--failed-out: ") + failure.what());
  }
}

// But for a code that beats it.
void Run::end_as_fatal(const std::string& why) {
  log_.error(why);
  const int code = summary_.exit_code;
  if (code == ExitCode::ok || code == ExitCode::partly || code == ExitCode::unfinished) {
    summary_.exit_code = ExitCode::fatal;
  }
}

// What monitors read of a run, however it ended; nothing when there was none.
void Run::write_monitor_files(const std::string& ledger) {
  const int code = summary_.exit_code;
  if (code == ExitCode::no_ledger || code == ExitCode::ledger_busy ||
      (code == ExitCode::wrong_usage && summary_.run_id == 0)) {
    return;
  }
  write_monitor_file("status-file", [this](const std::string& path) {
    write_atomically(path, summary_json(summary_) + "\n", kReadableByAll);
  });
  if (code != ExitCode::wrong_usage) {
    write_monitor_file("metrics-file", [&](const std::string& path) {
      write_metrics_file(path, metrics(ledger, path));
    });
  }
}

// A failure is told, and changes nothing about the run.
void Run::write_monitor_file(const char* option,
                             const std::function<void(const std::string&)>& write) {
  const auto path = settings_.given_text(option);
  if (!path) {
    return;
  }
  try {
    write(*path);
  } catch (const std::exception& failure) {
    log_.error(std::string("--") + option + ": " + failure.what());
  }
}

// None when the ledger cannot be read, or another one lies there now: how the run ended tells that.
std::optional<storage::LedgerTotals> Run::ledger_counts(const std::string& ledger) const {
  if (!place_ && !std::filesystem::exists(ledger)) {
    return storage::LedgerTotals{};
  }
  if (place_ && !place_->is_unmoved()) {
    return std::nullopt;
  }
  try {
    return storage::History(ledger).totals(clock_.utc());
  } catch (const std::exception& failure) {
    log_.error(std::string("--metrics-file lacks the ledger's counts: ") + failure.what());
    return std::nullopt;
  }
}

Metrics Run::metrics(const std::string& ledger, const std::string& path) const {
  Metrics metrics;
  metrics.version = program_version();
  metrics.ledger = ledger_counts(ledger);
  metrics.last_run_end = clock_.utc();
  metrics.last_run_seconds = summary_.seconds;
  metrics.last_run_exit_code = summary_.exit_code;
  metrics.last_run_requests = summary_.tally.requests;
  metrics.last_run_retries = summary_.tally.retries;
  metrics.last_run_rejected_rows = summary_.rows_rejected;
  metrics.last_run_not_answered = summary_.tally.not_answered;
  metrics.last_run_unrecognised = summary_.tally.unrecognised;
  metrics.last_run_errors = summary_.tally.errors;
  metrics.last_success = summary_.exit_code == ExitCode::ok ? std::optional(metrics.last_run_end)
                                                            : last_success_of(path);
  return metrics;
}

void Run::import(storage::TaskStore& store) {
  storage::ImportRules rules;
  rules.refresh = settings_.flag("refresh");
  rules.relabel = settings_.flag("relabel");
  rules.on_disk = on_disk(settings_);
  // For each account two: of the rows that leave the account to us, and of those that name it.
  std::vector<storage::ImportBatch> batches(2 * account_names_.size());
  const auto import_batch = [&](std::size_t index) {
    rules.account = static_cast<int>(index / 2);
    rules.account_named = index % 2 == 1;
    summary_.duplicates += store.import(batches[index], rules);
    batches[index].clear();
  };
  read_inputs([&](const core::WantedTask& task, std::size_t account) {
    const std::size_t index = 2 * account + (task.account.empty() ? 0 : 1);
    batches[index].add(task);
    if (batches[index].full()) {
      import_batch(index);
    }
  });
  for (std::size_t index = 0; index < batches.size(); ++index) {
    import_batch(index);
  }
  tell_label_differences(store.label_differences(), rules.relabel);
  if (settings_.flag("pending")) {
    summary_.stale_left_out = store.add_pending(0);
  }
}

void Run::tell_label_differences(const storage::LabelDifferences& differences, bool taken) {
  summary_.labels_differ = differences.count;
  if (differences.count == 0) {
    return;
  }
  std::string examples;
  for (const storage::LabelDifference& one : differences.named) {
    examples += (examples.empty() ? "" : "; ") + one.task_id + ": " + one.name + " is \"" +
                one.ledger_value + "\", the list says \"" + one.list_value + "\"";
  }
  if (differences.count > differences.named.size()) {
    examples += "; and " + std::to_string(differences.count - differences.named.size()) + " more";
  }
  log_.warning("lists say another value of " + format_count(differences.count, "label") +
               " than the ledger, whose value " +
               (taken ? "is replaced (--relabel): " : "stands (--relabel takes the list's): ") +
               examples);
}

// To their end, or until a signal or the deadline: then the engine finds the same reason at once,
// and what was read is there for the next run.
void Run::read_inputs(const RunInputs::Take& take) {
  storage::RejectionMemory rejections(settings_.ledger_path());
  core::InputPatience patience{.stop = interrupt_.descriptor()};
  if (const auto deadline = settings_.given_duration("deadline")) {
    patience.until = locked_ + *deadline;
  }
  inputs_.set_patience(patience);
  try {
    inputs_.read(take, [&](const core::RejectedRow& row) {
      if (failed_rows_ != nullptr) {
        failed_rows_->add(row);
      }
      return rejections.add(row.source, row.mark) && settings_.flag("quiet");
    });
  } catch (const core::Stopped&) {
    input_cut_ = true;
  }
  rejections.keep(inputs_.sources(), summary_.run_id, !input_cut_);
}

void Run::drive(storage::TaskStore& store, core::TransportSettings settings, VideoHooks& hooks) {
  core::RunPlan plan = plan_of(settings_, store.run());
  if (const auto deadline = settings_.given_duration("deadline")) {
    plan.deadline =
        *deadline - std::chrono::ceil<std::chrono::milliseconds>(clock_.steady() - locked_);
  }
  const std::string folder = settings.folder ? settings.folder->path() : std::string();
  plan.tell_requests = log_.wants(LogLevel::request);
  plan.concurrency = settings.concurrency;
  plan.download_concurrency = settings.download_concurrency;
  plan.download_hindrance = [this, folder] {
    return lack_of_space(folder, settings_.size("min-free"));
  };
  // Before the store is the writer thread's.
  const std::uint64_t tasks = store.tasks_to_ask();
  const std::uint64_t videos = store.videos_to_fetch();
  // The publisher's threads ask the ledger, and the ledger's thread wakes the transport: each is
  // made before the threads that use it start, and outlives them.
  std::unique_ptr<storage::SqliteLedger> ledger;
  settings.claimed = [&ledger](const std::string& path) { return ledger->claimed(path); };
  core::CurlTransport transport(std::move(settings));
  ledger = std::make_unique<storage::SqliteLedger>(store, [&transport] { transport.wake(); });
  interrupt_.wake_with([&transport] { transport.wake(); });
  core::Engine engine(std::move(plan), names_, account_names_,
                      {*ledger, transport, clock_, interrupt_.level()},
                      [this](const core::Notice& notice) { hear(notice); });
  LiveProgress progress(settings_, log_, interrupt_, clock_,
                        {.tally = engine.tally(),
                         .bytes_received = [&transport] { return transport.bytes_received(); },
                         .downloads = engine.downloads(),
                         .tasks = tasks,
                         .videos = videos,
                         .fetches = !settings_.flag("no-download"),
                         .waits = settings_.flag("wait")});
  engine.on_published(
      [&](const core::WantedVideo& video, const core::SavedFile& file, core::Ticket ticket) {
        saved_.push_back({ticket, video.id.text() + ": " + file.path});
        hooks.published(video, account_names_.at(static_cast<std::size_t>(video.account)), file,
                        ticket);
      });
  engine.on_turn([&] {
    progress.turn();
    if (!saved_.empty()) {
      tell_saved(ledger->committed());
    }
    if (hooks.wanted()) {
      hooks.committed(ledger->committed());
    }
  });
  if (const auto interval = progress.interval()) {
    engine.turn_at_least_every(*interval);
  }
  try {
    result_ = engine.run();
  } catch (...) {
    interrupt_.wake_with({});
    ledger->stop();  // its writer wakes the transport, which goes first
    transport.abort();
    summary_.tally = engine.tally();
    throw;
  }
  interrupt_.wake_with({});
  ledger->stop();
  tell_saved(ledger->committed());
  hooks.committed(ledger->committed());
  summary_.tally = engine.tally();
  log_.detail("connections opened: " + std::to_string(transport.connections_opened()));
}

// What is told is durable.
void Run::tell_saved(core::Ticket committed) {
  while (!saved_.empty() && saved_.front().ticket <= committed) {
    log_.detail(saved_.front().line);
    saved_.pop_front();
  }
}

void Run::hear(const core::Notice& notice) {
  troubles_.add(notice);
  if (failed_rows_ != nullptr) {
    failed_rows_->add(notice);
  }
  LogLevel level = LogLevel::detail;
  switch (notice.kind) {
    case core::Notice::Kind::request:
    case core::Notice::Kind::retry:
      level = LogLevel::request;
      break;
    case core::Notice::Kind::video_done:
      return;  // told once it is recorded
    case core::Notice::Kind::slowed:
    case core::Notice::Kind::not_answered:
    case core::Notice::Kind::video_failed:
    case core::Notice::Kind::video_expired:
    case core::Notice::Kind::looks_finished:
      break;  // the summary names the troubles
    case core::Notice::Kind::unrecognised:
    case core::Notice::Kind::flagged:
      level = LogLevel::warning;
      break;
    case core::Notice::Kind::stopped:
      level = LogLevel::error;
      break;
  }
  if (!log_.wants(level)) {
    return;
  }
  const std::string line =
      (notice.task_id.empty() ? std::string() : notice.task_id + ": ") + notice.text;
  switch (level) {
    case LogLevel::error:
      log_.error(line);
      break;
    case LogLevel::warning:
      log_.warning(line);
      break;
    case LogLevel::note:
    case LogLevel::detail:
      log_.detail(line);
      break;
    case LogLevel::request:
      log_.request(line);
      break;
  }
}

void Run::fill_summary(const storage::RunTotals& totals) {
  summary_.seconds = seconds_so_far();
  const InputCounts counts = inputs_.counts();
  summary_.rows_read = counts.rows_read;
  summary_.rows_rejected = counts.rows_rejected;
  summary_.comments = counts.comments;
  summary_.repeated_headers = counts.repeated_headers;
  summary_.tasks = totals.tasks;
  summary_.succeeded = totals.succeeded;
  summary_.failed = totals.failed;
  summary_.unfinished = totals.unfinished;
  summary_.stale = totals.stale;
  summary_.missing = totals.missing;
  summary_.videos_left = totals.videos_wanted;
  summary_.videos_untried = totals.videos_untried;
  const bool waits = settings_.flag("wait") || settings_.given_duration("deadline").has_value();
  const ExitFacts facts{.signal = interrupt_.signal(),
                        .result = result_,
                        .videos_count = !settings_.flag("no-download"),
                        .waits = waits,
                        .input_cut = input_cut_};
  summary_.exit_code = exit_code(facts, summary_);
  Summary otherwise = summary_;
  otherwise.rows_rejected -= counts.rows_told_before;
  told_before_ = exit_code(facts, otherwise) == ExitCode::ok;
}

// What the run was cut before has had no notice yet. Tasks are only counted in the summary: after
// a rejected key that would be all of them.
void Run::name_left_over(storage::TaskStore& store) {
  const bool videos = summary_.videos_left > 0 && !settings_.flag("no-download");
  if (failed_rows_ == nullptr && !videos) {
    return;
  }
  store.each_left(videos, [&](const storage::LeftOver& left) {
    core::Notice notice{.kind = core::Notice::Kind::not_answered,
                        .task_id = left.task_id,
                        .video = left.video,
                        .text = "left when the downloads ended",
                        .account = left.account};
    if (left.video > 0) {
      notice.kind = core::Notice::Kind::video_failed;
      if (interrupt_.signal() == 0) {
        troubles_.add(notice);
      }
    }
    if (failed_rows_ != nullptr) {
      failed_rows_->add(notice);
    }
  });
}

void Run::tell_summary() {
  const bool trouble = summary_.exit_code != ExitCode::ok;
  const bool quiet = settings_.flag("quiet");
  for (const std::string& line : troubles_.lines()) {
    log_.error(line);
  }
  if (settings_.flag("json")) {
    out_ << summary_json(summary_) << std::endl;  // fails here, where monitors still hear of it
  } else if (!quiet || (trouble && !(told_before_ && summary_.exit_code == ExitCode::partly))) {
    for (const std::string& line : summary_text(summary_)) {
      quiet ? log_.error(line) : log_.note(line);
    }
  }
  // Last, where it is looked for.
  if (const std::string why = why_it_ended(); !why.empty()) {
    trouble ? log_.error(why) : log_.note(why);
  }
}

// Empty: it came to its end.
std::string Run::why_it_ended() const {
  if (result_.end == core::RunEnd::key_rejected) {
    return "the gateway rejects the API key: " + result_.reason;
  }
  if (result_.end == core::RunEnd::wrong_base_url) {
    return result_.reason + "; check --base-url, which ends before /v1";
  }
  return result_.disk_failure.empty()
             ? result_.reason
             : result_.disk_failure + "; mend that or choose another folder with --output: the " +
                   "next run with --pending fetches what is missing";
}

}  // namespace

int run(const Settings& settings, Log& log, std::ostream& out) {
  if (settings.flag("dry-run")) {
    RunInputs inputs(settings, log);
    return dry_run(settings, inputs, log, out);
  }
  const std::string ping_url = settings.given_text("ping-url").value_or("");
  MonitorCalls monitor({.url = ping_url,
                        .ca_file = ca_file(settings),
                        .proxy = proxies(settings).of(ping_url).url,
                        .user_agent = user_agent()},
                       log);
  std::optional<RunInputs> inputs;
  try {
    inputs.emplace(settings, log);
  } catch (...) {
    monitor.end(failure_of(std::current_exception()).exit_code, false);
    throw;
  }
  return Run(settings, log, out, *inputs, monitor).execute();
}

}  // namespace cmd
