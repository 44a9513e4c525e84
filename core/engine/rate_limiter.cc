#include "core/engine/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace core {
namespace {

using std::chrono::seconds;

constexpr auto kWindow = seconds(1);
// If the loop wakes late, it may make up for this much time; otherwise a high rate is never
// reached.
constexpr auto kCatchUp = std::chrono::milliseconds(50);
constexpr double kGrowth = 1.5;
// Slower growth near the rate that was refused before, so that the limit is seldom reached.
constexpr double kGrowthNear = 1.1;
constexpr double kNearFrom = 0.75;
constexpr double kNearTo = 1.25;

SteadyTime::duration spacing(double rate) {
  return std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(1 / rate));
}

}  // namespace

RateLimiter::RateLimiter(int rate_max, SteadyTime now) : paused_until_(now), next_slot_(now) {
  if (rate_max > 0) {
    set_max(rate_max);
  }
}

void RateLimiter::set_max(double rate_max) {
  rate_max_ = rate_max;
  rate_ = slowed_ ? std::min(std::max(rate_.value_or(rate_max), kRateMin), rate_max) : rate_max;
}

void RateLimiter::limit_to(double rate_max, SteadyTime now) {
  if (!rate_max_ || rate_max <= *rate_max_) {
    raise_.reset();
    set_max(rate_max);
  } else if (!raise_ || raise_->rate_max != rate_max) {
    raise_ = {rate_max, now + kWindow};
  }
}

void RateLimiter::forget_before(SteadyTime time) {
  while (!starts_.empty() && starts_.front() <= time) {
    starts_.pop_front();
  }
}

SteadyTime RateLimiter::next_start(SteadyTime now) {
  if (raise_ && raise_->at <= now) {
    set_max(raise_->rate_max);
    raise_.reset();
  }
  SteadyTime next = paused_until_;
  if (rate_max_ == 0) {
    return std::max(next, now + kWindow);
  }
  if (rate_) {
    next = std::max(next, next_slot_);
    forget_before(now - kWindow);
    // Guarantees "at most so many in any second" exactly, whatever the spacing is.
    if (static_cast<double>(starts_.size()) >= std::max(std::floor(*rate_), 1.0)) {
      next = std::max(next, starts_.front() + kWindow);
    }
  }
  return next;
}

void RateLimiter::started(SteadyTime now) {
  forget_before(now - kWindow);
  starts_.push_back(now);
  if (rate_) {
    next_slot_ = std::max(next_slot_, now - kCatchUp) + spacing(*rate_);
  }
}

void RateLimiter::slow_down(SteadyTime now, std::optional<std::chrono::milliseconds> retry_after) {
  if (retry_after) {
    paused_until_ = std::max(paused_until_, now + *retry_after);
  }
  good_since_ = now;
  if (slowed_ && now - last_slow_down_ < kWindow) {
    return;
  }
  forget_before(now - kWindow);
  const double seen = static_cast<double>(starts_.size());
  rate_seen_ = std::max(rate_seen_, seen);
  const double refused = std::min(rate_.value_or(seen), std::max(seen, kRateMin));
  refused_ = slowed_ ? refused : 0;  // the first refusal may be a temporary problem, not a limit
  rate_ = std::max(refused / 2, kRateMin);
  slowed_ = true;
  last_slow_down_ = now;
  next_slot_ = std::max(next_slot_, now + spacing(*rate_));
  if (rate_max_) {
    rate_ = std::min(*rate_, *rate_max_);
  }
}

void RateLimiter::went_well(SteadyTime now) {
  if (!slowed_ || now < paused_until_ || now - good_since_ < kWindow) {
    return;
  }
  good_since_ = now;
  const bool near = *rate_ >= kNearFrom * refused_ && *rate_ < kNearTo * refused_;
  rate_ = *rate_ * (near ? kGrowthNear : kGrowth);
  const double enough = rate_max_.value_or(2 * rate_seen_);
  if (*rate_ >= enough) {
    slowed_ = false;
    rate_seen_ = 0;
    rate_ = rate_max_;
  }
}

}  // namespace core
