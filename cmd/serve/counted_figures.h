// The figures of the first page, counted for all who look at it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "cmd/serve/now_page.h"

namespace cmd {

/// Any thread.
class CountedFigures {
 public:
  using Count = std::function<NowFigures(core::UtcTime now)>;
  /// `count` may take long and throw; it is called by one thread at a time.
  explicit CountedFigures(Count count, std::chrono::milliseconds wait_max = kWaitMax)
      : count_(std::move(count)), wait_max_(wait_max) {}

  /// Figures are kept for a multiple of the time that counting them took: pages that renew
  /// themselves must not keep the disk busy. While another thread counts, those of before; without
  /// any it waits, but not for long. Throws core::Error then, and what `count` throws.
  [[nodiscard]] std::shared_ptr<const NowFigures> get(core::UtcTime now);

 private:
  static constexpr std::chrono::seconds kWaitMax{10};

  Count count_;
  std::chrono::milliseconds wait_max_;
  std::mutex mutex_;
  std::condition_variable counted_;
  std::shared_ptr<const NowFigures> figures_;  // under mutex_, like the next
  std::chrono::steady_clock::time_point good_until_;
  bool counting_ = false;
};

}  // namespace cmd
