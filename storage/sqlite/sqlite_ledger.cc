#include "storage/sqlite/sqlite_ledger.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include "core/error.h"
#include "storage/answers/json_text.h"
#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/stored_link.h"

namespace storage {
namespace {

std::size_t bytes_of(const core::Entry& entry) {
  const auto* answer = std::get_if<core::AnswerEntry>(&entry);
  return answer == nullptr ? 0 : answer->body.size();
}

}  // namespace

struct SqliteLedger::Reader {
  Reader(const TaskStore& store)
      : path(store.path()),
        run(store.run()),
        accounts(store.account_rows()),
        database(open_for_reading(store.path())) {}

  [[nodiscard]] int account_index(std::int64_t row) const {
    const auto found = std::find(accounts.begin(), accounts.end(), row);
    return static_cast<int>(found - accounts.begin());
  }
  // A row whose ID no longer parses was put there by somebody else.
  [[nodiscard]] core::TaskId id_of(std::string_view text) const {
    auto parsed = core::TaskId::parse(text);
    if (auto* id = std::get_if<core::TaskId>(&parsed)) {
      return std::move(*id);
    }
    throw core::Error("the ledger " + path +
                      " holds a task ID that is none; run `reeltally db check`");
  }
  core::WantedVideo video_of_row();

  std::string path;
  std::int64_t run;
  std::vector<std::int64_t> accounts;
  std::unique_ptr<SQLite::Database> database;
  AnswerReader answers{*database};
  Statement tasks{*database,
                  "SELECT t.id, t.account, t.task_id, t.state, t.first_seen, t.submit_time, "
                  "t.last_query, t.not_found_runs, t.not_found_run, "
                  "(SELECT settles_at FROM unsettled WHERE task = t.id), "
                  "EXISTS (SELECT 1 FROM live_fetch WHERE task = t.id) "
                  "FROM work AS w JOIN task AS t ON t.id = w.task WHERE w.task > ? AND w.settled = "
                  "0 ORDER BY w.task LIMIT ?"};
  // One whose answer was pruned waits until its task is asked again.
  Statement videos{*database,
                   "SELECT v.task, v.video_index, v.expires_at, v.attempts, v.refused_at, v.path, "
                   "t.account, t.task_id, ifnull(t.model, t.input_model), o.status, "
                   "ifnull(t.finish_time, s.observed_at), t.labels, o.http_status, s.block, s.slot "
                   "FROM video AS v JOIN work AS w ON w.task = v.task "
                   "JOIN task AS t ON t.id = v.task JOIN snapshot AS s ON s.id = v.snapshot "
                   "JOIN outcome AS o ON o.id = s.outcome "
                   "WHERE v.state = 0 AND v.settled_run <> ? AND s.block IS NOT NULL "
                   "ORDER BY ifnull(v.expires_at, 9223372036854775807) LIMIT ?"};
  Statement claim{*database, "SELECT 1 FROM video WHERE path = ? LIMIT 1"};
};

std::vector<core::TaskRecord> SqliteLedger::tasks(core::TaskKey after, std::size_t limit) {
  throw_if_broken();
  Reader& r = *reader_;
  return with_ledger_errors(r.path, "read", [&] {
    std::vector<core::TaskRecord> page;
    r.tasks.bind(1, after);
    r.tasks.bind(2, static_cast<std::int64_t>(limit));
    while (r.tasks.step()) {
      core::TaskRecord task{.key = r.tasks.integer(0),
                            .account = r.account_index(r.tasks.integer(1)),
                            .id = r.id_of(r.tasks.text(2))};
      task.state = static_cast<core::TaskState>(r.tasks.integer(3));
      task.first_seen = core::UtcTime(std::chrono::milliseconds(r.tasks.integer(4)));
      task.submit_time = r.tasks.time(5);
      task.last_query = r.tasks.time(6);
      task.not_found_runs = static_cast<int>(r.tasks.integer(7));
      task.not_found_run = r.tasks.integer(8);
      task.settles_at = r.tasks.time(9);
      task.live_fetch = r.tasks.integer(10) != 0;
      page.push_back(std::move(task));
    }
    r.tasks.reset();
    return page;
  });
}

core::WantedVideo SqliteLedger::Reader::video_of_row() {
  core::WantedVideo video{.task = videos.integer(0),
                          .account = account_index(videos.integer(6)),
                          .id = id_of(videos.text(7))};
  video.attempts = static_cast<int>(videos.integer(3));
  video.first_refusal = videos.time(4);
  video.path = videos.text(5);
  video.model = videos.text(8);
  video.status = videos.text(9);
  video.finish_time = core::UtcTime(std::chrono::milliseconds(videos.integer(10)));
  video.labels = read_labels(videos.text(11));
  const auto link = stored_link(
      answers, {videos.integer(13), videos.integer(14), static_cast<int>(videos.integer(12))},
      video.id, static_cast<int>(videos.integer(1)));
  // Another version of the program may have read more in it: this video alone has no link then.
  video.link = link.value_or(core::VideoLink{
      .index = static_cast<int>(videos.integer(1)), .url = {}, .expires_at = videos.time(2)});
  return video;
}

std::vector<core::WantedVideo> SqliteLedger::videos(std::size_t limit) {
  throw_if_broken();
  Reader& r = *reader_;
  return with_ledger_errors(r.path, "read", [&] {
    std::vector<core::WantedVideo> page;
    r.videos.bind(1, r.run);
    r.videos.bind(2, static_cast<std::int64_t>(limit));
    while (r.videos.step()) {
      page.push_back(r.video_of_row());
    }
    r.videos.reset();
    return page;
  });
}

bool SqliteLedger::claimed(const std::string& path) {
  const std::lock_guard lock(claims_mutex_);
  return with_ledger_errors(store_.path(), "read", [&] {
    // Else another ledger would answer, or none could.
    static_cast<void>(store_.place().log_bytes());
    if (claims_ == nullptr) {
      claims_ = std::make_unique<Reader>(store_);
    }
    claims_->claim.bind(1, path);
    const bool found = claims_->claim.step();
    claims_->claim.reset();
    return found;
  });
}

SqliteLedger::SqliteLedger(TaskStore& store, std::function<void()> wake)
    : store_(store),
      wake_(std::move(wake)),
      reader_(with_ledger_errors(store.path(), "read",
                                 [&] { return std::make_unique<Reader>(store); })),
      writer_([this] { write_all(); }) {}

SqliteLedger::~SqliteLedger() { stop(); }

void SqliteLedger::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    work_.notify_one();
  }
  if (writer_.joinable()) {
    writer_.join();
  }
}

void SqliteLedger::throw_if_broken() const {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
}

void SqliteLedger::rethrow_if_broken() const {
  if (broken_) {
    std::rethrow_exception(broken_);
  }
}

bool SqliteLedger::has_room(std::size_t entries) const {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  return appended_ - committed_ + entries <= kEntriesMax && queued_bytes_ < kBytesMax;
}

core::Ticket SqliteLedger::append(core::Entry entry) {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  queued_bytes_ += bytes_of(entry);
  queue_.push_back(std::move(entry));
  ++appended_;
  // The writer looks by itself when its moment of gathering is over.
  if (queue_.size() == 1 || queue_.size() == kGather) {
    work_.notify_one();
  }
  return appended_;
}

core::Ticket SqliteLedger::committed() const {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  return committed_;
}

void SqliteLedger::flush() {
  std::unique_lock lock(mutex_);
  hurry_ = true;
  work_.notify_one();
  done_.wait(lock, [this] { return broken_ || committed_ == appended_; });
  hurry_ = false;
  rethrow_if_broken();
}

std::vector<core::Unrecorded> SqliteLedger::take_unrecorded() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unrecorded_, {});
}

void SqliteLedger::write_all() {
  std::vector<core::Entry> batch;  // its room is used again
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) {
      return;
    }
    work_.wait_for(lock, kGatherTime,
                   [this] { return stopping_ || hurry_ || queue_.size() >= kGather; });
    batch.swap(queue_);
    const std::size_t bytes = queued_bytes_;
    lock.unlock();
    std::exception_ptr failure;
    std::vector<core::Unrecorded> unrecorded;
    try {
      unrecorded = store_.write(batch);
    } catch (...) {
      failure = std::current_exception();
    }
    const std::size_t entries = batch.size();
    batch.clear();
    lock.lock();
    if (failure) {
      // No sync is ever tried again: what the kernel dropped once it may not report twice.
      broken_ = failure;
    } else {
      committed_ += entries;
      queued_bytes_ -= bytes;
      std::move(unrecorded.begin(), unrecorded.end(), std::back_inserter(unrecorded_));
    }
    // Under the mutex: who sees the commit may end the run, and with it what `wake_` touches.
    if (!stopping_) {
      wake_();
    }
    done_.notify_all();
    if (broken_) {
      return;
    }
  }
}

}  // namespace storage
