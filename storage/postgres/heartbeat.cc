#include "storage/postgres/heartbeat.h"

#include <ctime>

#include "storage/postgres/server_transaction.h"

namespace storage {
namespace {

constexpr int kBeatsPerLease = 6;

// Goes on while the machine sleeps.
std::chrono::nanoseconds boot_time() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

// A video that a lost run left is asked for again with its task: its link may be dead by now.
void free_work_of_the_gone(Connection& connection) {
  connection.execute(
      "UPDATE work SET run = 0 WHERE settled = 0 AND run IN (SELECT r.id FROM run AS r "
      "LEFT JOIN runner AS n ON n.run = r.id WHERE r.finished_at IS NOT NULL OR n.lost = 1)");
  connection.execute(
      "UPDATE work SET run = 0, settled = 0 WHERE settled = 1 AND run IN (SELECT run FROM runner "
      "WHERE lost = 1) AND EXISTS (SELECT 1 FROM video AS v WHERE v.task = work.task AND "
      "v.state = 0 AND v.settled_run <> work.run)");
}

Heartbeat::Heartbeat(const LedgerUrl& url, RunFence& fence, std::function<void()> on_lost)
    : fence_(fence),
      connection_(url),
      on_lost_(std::move(on_lost)),
      unbroken_since_(boot_time()),
      renewed_(boot_time()),
      thread_([this] { beat_all(); }) {}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Heartbeat::beat_all() {
  const auto interval = fence_.terms().lease / kBeatsPerLease;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval, [this] { return stopping_; })) {
    lock.unlock();
    const auto begin = boot_time();
    bool lost = false;
    bool renewed = false;
    try {
      beat();
      renewed = true;
    } catch (const RunLost&) {
      lost = true;
    } catch (const ServerError& error) {
      unbroken_since_ = is_conflict(error) ? unbroken_since_ : boot_time();
    } catch (const std::exception&) {
      unbroken_since_ = boot_time();  // the writer tells of a server that stays away
    }
    lock.lock();
    if (begin - renewed_ >= fence_.terms().lease) {
      unbroken_since_ = begin;
    }
    lost_ = lost;
    renewed_ = renewed ? begin : renewed_;
    changed_.notify_all();
    if (lost) {
      lock.unlock();
      on_lost_();
      return;
    }
  }
}

void Heartbeat::beat() {
  if (connection_.is_lost()) {
    connection_.reconnect();
  }
  const bool may_declare_lost =
      !fence_.terms().crew.empty() && boot_time() - unbroken_since_ >= fence_.terms().lease;
  fence_.renew(connection_,
               may_declare_lost ? std::function<void()>([this] { declare_lost(); }) : nullptr);
}

void Heartbeat::declare_lost() {
  // Its own lease may be over by the clock: this statement may have waited for a row's lock.
  connection_.execute(
      "UPDATE runner SET lost = 1 WHERE run <> $1 AND lost = 0 AND "
      "alive_until < now_milliseconds() AND run IN "
      "(SELECT id FROM run WHERE finished_at IS NULL)",
      Parameters().add(fence_.run()));
  free_work_of_the_gone(connection_);
}

bool Heartbeat::is_sure() const { return boot_time() - renewed_ < fence_.terms().lease * 4 / 5; }

void Heartbeat::require_lease() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return lost_ || stopping_ || is_sure(); });
  if (lost_) {
    throw RunLost("run " + std::to_string(fence_.run()) + " was declared dead by another run");
  }
}

}  // namespace storage
