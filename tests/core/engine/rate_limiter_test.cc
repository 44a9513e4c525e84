#include "core/engine/rate_limiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace {

using core::RateLimiter;
using core::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart{std::chrono::hours(1)};

// Starts queries as soon as allowed, in steps of `step`, for `time`; returns the start times.
std::vector<SteadyTime> drive(RateLimiter& limiter, SteadyTime from, milliseconds time,
                              milliseconds step) {
  std::vector<SteadyTime> starts;
  for (SteadyTime now = from; now < from + time; now += step) {
    while (limiter.next_start(now) <= now && starts.size() < 1'000'000) {
      limiter.started(now);
      starts.push_back(now);
    }
  }
  return starts;
}

std::size_t most_in_any_second(const std::vector<SteadyTime>& starts) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < starts.size(); ++last) {
    while (starts[last] - starts[first] >= seconds(1)) {
      ++first;
    }
    most = std::max(most, last - first + 1);
  }
  return most;
}

TEST(RateLimiter, UnlimitedNeverWaits) {
  RateLimiter limiter(0, kStart);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LE(limiter.next_start(kStart), kStart);
    limiter.started(kStart);
  }
}

TEST(RateLimiter, NeverMoreThanTheRateInAnySecond) {
  for (const int rate : {1, 2, 7, 100, 1000}) {
    for (const int step : {1, 7, 40, 333}) {
      RateLimiter limiter(rate, kStart);
      const auto starts = drive(limiter, kStart, seconds(10), milliseconds(step));
      EXPECT_LE(most_in_any_second(starts), static_cast<std::size_t>(rate))
          << rate << " a second, step " << step;
    }
  }
}

TEST(RateLimiter, ReachesTheRateEvenWhenTheLoopWakesLate) {
  RateLimiter limiter(1000, kStart);
  const auto starts = drive(limiter, kStart, seconds(10), milliseconds(5));
  EXPECT_GE(starts.size(), 9'700U);
}

TEST(RateLimiter, SpreadsStartsOverTheSecond) {
  RateLimiter limiter(10, kStart);
  const auto starts = drive(limiter, kStart, seconds(3), milliseconds(1));
  ASSERT_GE(starts.size(), 20U);
  for (std::size_t i = 5; i < starts.size(); ++i) {
    EXPECT_GE(starts[i] - starts[i - 1], milliseconds(99));
  }
}

TEST(RateLimiter, SlowDownHalvesOncePerSecond) {
  RateLimiter limiter(100, kStart);
  limiter.slow_down(kStart, std::nullopt);
  limiter.slow_down(kStart + milliseconds(10), std::nullopt);
  const double first = *limiter.rate();
  EXPECT_LE(first, 50);
  limiter.slow_down(kStart + milliseconds(1'100), std::nullopt);
  EXPECT_LT(*limiter.rate(), first + 0.001);
}

TEST(RateLimiter, HalvesWhatWasReallySentWhenUnlimited) {
  RateLimiter limiter(0, kStart);
  for (int i = 0; i < 400; ++i) {
    limiter.started(kStart + milliseconds(i));
  }
  limiter.slow_down(kStart + milliseconds(400), std::nullopt);
  EXPECT_DOUBLE_EQ(*limiter.rate(), 200);
}

TEST(RateLimiter, NothingStartsBeforeRetryAfterIsOver) {
  RateLimiter limiter(0, kStart);
  limiter.slow_down(kStart, seconds(7));
  EXPECT_EQ(limiter.next_start(kStart + seconds(1)), kStart + seconds(7));
  // A later, shorter pause does not shorten the first one.
  limiter.slow_down(kStart + seconds(1), seconds(1));
  EXPECT_EQ(limiter.next_start(kStart + seconds(2)), kStart + seconds(7));
}

TEST(RateLimiter, GrowsBackWithEachSecondThatGoesWell) {
  RateLimiter limiter(64, kStart);
  const auto before = drive(limiter, kStart, seconds(2), milliseconds(1));
  ASSERT_GE(before.size(), 100U);
  SteadyTime now = kStart + seconds(2);
  limiter.slow_down(now, std::nullopt);
  EXPECT_NEAR(*limiter.rate(), 32, 1);
  limiter.went_well(now + milliseconds(500));
  EXPECT_NEAR(*limiter.rate(), 32, 1) << "half a second is no second";
  for (int second = 1; second <= 5; ++second) {
    limiter.went_well(now + seconds(second));
  }
  EXPECT_DOUBLE_EQ(*limiter.rate(), 64) << "never above --rate";
}

TEST(RateLimiter, UnlimitedBecomesUnlimitedAgain) {
  RateLimiter limiter(0, kStart);
  for (int i = 0; i < 100; ++i) {
    limiter.started(kStart);
  }
  limiter.slow_down(kStart, std::nullopt);
  for (int second = 1; second <= 10; ++second) {
    limiter.went_well(kStart + seconds(second));
  }
  EXPECT_FALSE(limiter.rate().has_value());
}

TEST(RateLimiter, StaysNearWhatAGatewayAllows) {
  for (const std::size_t allowed : {5U, 20U, 200U}) {
    RateLimiter limiter(0, kStart);
    std::vector<SteadyTime> accepted;
    std::size_t refused = 0;
    for (SteadyTime now = kStart; now < kStart + seconds(60); now += milliseconds(1)) {
      // No more than two at a time, as a loop with slots for its queries.
      for (int i = 0; i < 2 && limiter.next_start(now) <= now; ++i) {
        limiter.started(now);
        if (accepted.size() >= allowed && now - accepted[accepted.size() - allowed] < seconds(1)) {
          ++refused;
          limiter.slow_down(now, std::nullopt);
        } else {
          accepted.push_back(now);
          limiter.went_well(now);
        }
      }
    }
    EXPECT_GE(accepted.size(), allowed * 60 * 7 / 10) << allowed << " a second";
    EXPECT_LE(refused, accepted.size() / 10) << allowed << " a second";
  }
}

TEST(RateLimiter, AHigherLimitTakesEffectASecondLater) {
  RateLimiter limiter(100, kStart);
  limiter.limit_to(20, kStart);
  EXPECT_DOUBLE_EQ(*limiter.rate(), 20) << "a lower one counts at once";
  limiter.limit_to(50, kStart + milliseconds(10));
  const auto second =
      drive(limiter, kStart + milliseconds(10), milliseconds(1'000), milliseconds(1));
  EXPECT_LE(second.size(), 21U);
  limiter.limit_to(50, kStart + milliseconds(500));
  const auto next = drive(limiter, kStart + milliseconds(1'010), seconds(2), milliseconds(1));
  EXPECT_GE(next.size(), 90U);
  EXPECT_LE(most_in_any_second(next), 50U);
}

TEST(RateLimiter, NothingStartsUnderALimitOfZero) {
  RateLimiter limiter(0, kStart);
  limiter.limit_to(0, kStart);
  limiter.slow_down(kStart, std::nullopt);
  EXPECT_TRUE(drive(limiter, kStart, seconds(5), milliseconds(10)).empty());
  limiter.limit_to(0.5, kStart + seconds(5));
  const auto starts = drive(limiter, kStart + seconds(5), seconds(10), milliseconds(10));
  EXPECT_GE(starts.size(), 4U) << "a start in two seconds";
  EXPECT_LE(starts.size(), 6U);
}

TEST(RateLimiter, ASlowedRateNeverGrowsOverANewLimit) {
  RateLimiter limiter(100, kStart);
  drive(limiter, kStart, seconds(1), milliseconds(1));
  limiter.slow_down(kStart + seconds(1), std::nullopt);
  limiter.limit_to(10, kStart + seconds(1));
  EXPECT_LE(*limiter.rate(), 10);
  for (int i = 2; i < 20; ++i) {
    limiter.went_well(kStart + seconds(i));
  }
  EXPECT_DOUBLE_EQ(*limiter.rate(), 10);
}

// The shares of a crew move between runs, and their sum never exceeds the rate.
TEST(RateLimiter, RunsThatHandOverTheirSharesKeepTheSum) {
  RateLimiter first(100, kStart);
  RateLimiter second(100, kStart);
  second.limit_to(0, kStart);
  std::vector<SteadyTime> starts;
  int share = 100;
  for (SteadyTime now = kStart; now < kStart + seconds(30); now += milliseconds(5)) {
    // Each of them gets its new share before the other one.
    if ((now - kStart) % seconds(3) == seconds(2)) {
      share = share == 100 ? 30 : 100;
      first.limit_to(share, now);
      second.limit_to(100 - share, now);
    }
    for (RateLimiter* limiter : {&first, &second}) {
      while (limiter->next_start(now) <= now) {
        limiter->started(now);
        starts.push_back(now);
      }
    }
  }
  EXPECT_LE(most_in_any_second(starts), 100U);
  EXPECT_GE(starts.size(), 1'500U);
}

TEST(RateLimiter, NeverStandsStill) {
  RateLimiter limiter(10, kStart);
  for (int second = 0; second < 50; ++second) {
    limiter.slow_down(kStart + seconds(second * 2), std::nullopt);
  }
  EXPECT_GE(*limiter.rate(), RateLimiter::kRateMin);
}

}  // namespace
