#include "storage/postgres/heartbeat.h"

#include <algorithm>
#include <ctime>

#include "storage/postgres/server_transaction.h"

namespace storage {
namespace {

constexpr int kBeatsPerLease = 6;
constexpr int kHastyBeatsPerLease = 30;
constexpr std::chrono::milliseconds kShortestPause{100};

// Goes on while the machine sleeps.
core::SteadyTime boot_time() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return core::SteadyTime(std::chrono::seconds(time.tv_sec) +
                          std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace

Heartbeat::Heartbeat(const LedgerUrl& url, RunFence& fence, std::int64_t crew_rate,
                     Listener listener)
    : fence_(fence),
      connection_(Connection::Later{}, url, {}),
      listener_(std::move(listener)),
      lease_(fence.terms().lease),
      place_{.share = crew_rate > 0 ? std::optional<std::int64_t>(0) : std::nullopt},
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
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    in_haste_ = false;
    const CrewPlace before = place_;
    lock.unlock();
    const Beat beat = try_to_beat();
    lock.lock();
    const bool changed = place_ != before;
    lost_ = beat == Beat::lost;
    changed_.notify_all();
    lock.unlock();
    if (beat == Beat::lost) {
      listener_.lost();
      return;
    }
    if (changed) {
      listener_.changed();
    }
    lock.lock();
    // So that a crew that is often refused does not beat all the time.
    changed_.wait_for(lock, std::min<std::chrono::nanoseconds>(kShortestPause, pause(beat)),
                      [this] { return stopping_; });
    changed_.wait_for(lock, pause(beat), [this] { return stopping_ || in_haste_; });
  }
}

// A run that failed to renew its lease, or that waits for its share, tries again soon.
std::chrono::nanoseconds Heartbeat::pause(Beat beat) const {
  const bool hasty = beat == Beat::failed || place_.is_waiting;
  return fence_.terms().lease / (hasty ? kHastyBeatsPerLease : kBeatsPerLease);
}

Heartbeat::Beat Heartbeat::try_to_beat() {
  const core::SteadyTime begin = boot_time();
  try {
    beat();
  } catch (const RunLost&) {
    return Beat::lost;
  } catch (const std::exception& failure) {  // the writer reports a server that stays away
    const auto* error = dynamic_cast<const ServerError*>(&failure);
    if (error == nullptr || !is_conflict(*error)) {
      const std::lock_guard lock(mutex_);
      lease_.broken();
    }
    return Beat::failed;
  }
  const std::lock_guard lock(mutex_);
  lease_.renewed(begin);
  return Beat::done;
}

void Heartbeat::beat() {
  if (connection_.is_lost()) {
    connection_.reconnect();
  }
  if (fence_.terms().crew.empty()) {
    fence_.renew(connection_, nullptr);
    return;
  }
  CrewPlace place;
  fence_.renew(connection_, [this, &place] { take_place(place); });
  const std::lock_guard lock(mutex_);
  place_ = place;
}

// Within the transaction. A lower share holds before another run can see that the rest is free, and
// a higher one once it is surely this run's.
void Heartbeat::take_place(CrewPlace& place) {
  bool may_declare_lost = false;
  std::uint64_t slow_downs = 0;
  {
    const std::lock_guard lock(mutex_);
    may_declare_lost = lease_.may_declare_lost(boot_time());
    slow_downs = slow_downs_told_;
    place = place_;
  }
  if (may_declare_lost) {
    declare_others_lost(connection_, fence_);
  }
  renew_place(connection_, fence_, slow_downs, place);
  const std::lock_guard lock(mutex_);
  if (place_.share && place.share) {
    place_.share = std::min(*place_.share, *place.share);
  }
}

void Heartbeat::require_lease() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return lost_ || stopping_ || lease_.is_surely_held(boot_time()); });
  if (lost_) {
    throw fence_.lost(connection_);
  }
}

core::CrewStanding Heartbeat::standing() const {
  const std::lock_guard lock(mutex_);
  core::CrewStanding standing;
  standing.slow_downs = place_.slow_downs;
  if (place_.share) {
    // Another run may have this one's share with its work.
    const bool sure = lease_.is_surely_held(boot_time());
    standing.rate_share = sure ? static_cast<double>(*place_.share) : 0;
  }
  return standing;
}

void Heartbeat::tell_slow_down() {
  {
    const std::lock_guard lock(mutex_);
    ++slow_downs_told_;
    in_haste_ = true;
  }
  changed_.notify_all();
}

}  // namespace storage
