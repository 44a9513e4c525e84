#include "cmd/serve/counted_figures.h"

#include <algorithm>

#include "core/error.h"

namespace cmd {

std::shared_ptr<const NowFigures> CountedFigures::get(core::UtcTime now) {
  constexpr std::chrono::milliseconds kShortest{500};
  constexpr int kTimesCounting = 5;
  std::unique_lock lock(mutex_);
  if (counting_ && figures_ == nullptr &&
      !counted_.wait_for(lock, wait_max_, [this] { return !counting_; })) {
    throw core::Error("the ledger is still being counted for another page; try again");
  }
  const auto begin = std::chrono::steady_clock::now();
  if (figures_ != nullptr && (counting_ || begin < good_until_)) {
    return figures_;
  }
  counting_ = true;
  lock.unlock();
  std::shared_ptr<const NowFigures> counted;
  const auto end_of_counting = [&] {
    lock.lock();
    const auto end = std::chrono::steady_clock::now();
    figures_ = counted;
    good_until_ = end + std::max<std::chrono::steady_clock::duration>(
                            kShortest, (end - begin) * kTimesCounting);
    counting_ = false;
    counted_.notify_all();
  };
  try {
    counted = std::make_shared<const NowFigures>(count_(now));
  } catch (...) {
    end_of_counting();  // what was counted before is not true any more
    throw;
  }
  end_of_counting();
  return counted;
}

}  // namespace cmd
