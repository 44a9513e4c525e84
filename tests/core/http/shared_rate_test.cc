#include "core/http/shared_rate.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SteadyTime kStart{std::chrono::hours(1)};

TEST(SharedRate, WithoutALimitTakesEverything) {
  SharedRate<int> rate(0);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(rate.takes(1, 1'000'000'000, kStart));
  }
  EXPECT_EQ(rate.next_due(), SteadyTime::max());
}

TEST(SharedRate, DelaysDownloadsThatExceedTheBudget) {
  SharedRate<int> rate(1000);
  EXPECT_TRUE(rate.takes(1, 2000, kStart));  // enough for two seconds
  EXPECT_FALSE(rate.takes(1, 10, kStart));
  EXPECT_FALSE(rate.takes(2, 10, kStart));  // all share one rate
  EXPECT_EQ(rate.next_due(), kStart + seconds(2));
  EXPECT_EQ(rate.next(kStart + milliseconds(1999)), std::nullopt);
  EXPECT_EQ(rate.next(kStart + seconds(2)), 1);
  EXPECT_TRUE(rate.takes(1, 1000, kStart + seconds(2)));
  EXPECT_EQ(rate.next(kStart + seconds(2)), std::nullopt);  // the next has to wait again
  EXPECT_EQ(rate.next(kStart + seconds(3)), 2);
  EXPECT_EQ(rate.next_due(), SteadyTime::max());
}

TEST(SharedRate, AllowsAShortOverdraft) {
  SharedRate<int> rate(1000);
  EXPECT_TRUE(rate.takes(1, 20, kStart));  // 20 ms: not worth a pause
  EXPECT_TRUE(rate.takes(1, 1, kStart));
  EXPECT_FALSE(rate.takes(1, 1, kStart));
}

TEST(SharedRate, DoesNotSaveUpUnusedBudget) {
  SharedRate<int> rate(1000);
  EXPECT_TRUE(rate.takes(1, 1000, kStart + seconds(100)));
  EXPECT_FALSE(rate.takes(1, 1, kStart + seconds(100)));
}

TEST(SharedRate, ARemovedWaiterIsNotWoken) {
  SharedRate<int> rate(1000);
  EXPECT_TRUE(rate.takes(1, 1000, kStart));
  EXPECT_FALSE(rate.takes(1, 1, kStart));
  EXPECT_FALSE(rate.takes(2, 1, kStart));
  rate.leave(1);
  EXPECT_EQ(rate.next(kStart + seconds(1)), 2);
}

}  // namespace
}  // namespace core
