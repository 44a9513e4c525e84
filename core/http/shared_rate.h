// The common rate limit of all downloads (--limit-rate).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "core/clock.h"

namespace core {

/// libcurl limits each transfer separately and lets the first second or two of each pass without a
/// limit, so that small videos would not be limited at all. Here all downloads share one time
/// budget: a download that would exceed it waits in a queue. Pure. `Waiter`: a pointer to the
/// waiting download. One thread.
template <typename Waiter>
class SharedRate {
 public:
  /// Shorter pauses are not worth a wake-up.
  static constexpr std::chrono::milliseconds kSlack{20};

  /// 0: no limit.
  explicit SharedRate(std::int64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

  /// Charges `bytes`; false: not now, and `waiter` is in the queue.
  [[nodiscard]] bool takes(Waiter waiter, std::size_t bytes, SteadyTime now) {
    if (bytes_per_second_ <= 0) {
      return true;
    }
    if (until_ > now + kSlack) {
      line_.push_back(waiter);
      return false;
    }
    const double seconds = static_cast<double>(bytes) / static_cast<double>(bytes_per_second_);
    until_ = std::max(until_, now) + std::chrono::duration_cast<SteadyTime::duration>(
                                         std::chrono::duration<double>(seconds));
    return true;
  }

  /// Removes and returns the first waiter, if it may continue; else none.
  [[nodiscard]] std::optional<Waiter> next(SteadyTime now) {
    if (line_.empty() || until_ > now) {
      return std::nullopt;
    }
    const Waiter first = line_.front();
    line_.pop_front();
    return first;
  }
  /// When the first waiter may continue; SteadyTime::max() if nobody waits.
  [[nodiscard]] SteadyTime next_due() const { return line_.empty() ? SteadyTime::max() : until_; }
  void leave(Waiter waiter) {
    line_.erase(std::remove(line_.begin(), line_.end(), waiter), line_.end());
  }

 private:
  std::int64_t bytes_per_second_;
  SteadyTime until_{};  // when the bytes so far are paid for at the given rate
  std::deque<Waiter> line_;
};

}  // namespace core
