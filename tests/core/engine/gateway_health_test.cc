#include "core/engine/gateway_health.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "core/engine/query_pace.h"

namespace core {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kNow{std::chrono::hours(1)};

TEST(OutageWatch, NeedsManyFailuresInARowAndAMinuteWithoutAGoodAnswer) {
  OutageWatch watch(kNow);
  for (int i = 1; i < OutageWatch::kFailures; ++i) {
    EXPECT_FALSE(watch.failed(kNow + seconds(120))) << i;
  }
  EXPECT_TRUE(watch.failed(kNow + OutageWatch::kTime));
  EXPECT_FALSE(watch.failed(kNow + seconds(59)));
  watch.went_well(kNow + seconds(120));
  EXPECT_FALSE(watch.failed(kNow + seconds(300)));
}

TEST(OutageWatch, SlowsDownAtEachFifthFailureOfLoadInARow) {
  OutageWatch watch(kNow);
  for (int round = 0; round < 2; ++round) {
    for (int i = 1; i < 5; ++i) {
      EXPECT_FALSE(watch.is_overloaded()) << i;
    }
    EXPECT_TRUE(watch.is_overloaded());
  }
  EXPECT_FALSE(watch.is_overloaded());
  watch.went_well(kNow);
  for (int i = 1; i < 5; ++i) {
    EXPECT_FALSE(watch.is_overloaded()) << i;
  }
}

TEST(KeyInquiry, IsOpenFromTheRequestToTheAnswer) {
  KeyInquiry keys;
  EXPECT_FALSE(keys.is_open());
  keys.want(2);
  EXPECT_TRUE(keys.is_open());
  EXPECT_EQ(keys.to_ask(), 2);
  keys.asking();
  EXPECT_TRUE(keys.is_open());
  EXPECT_EQ(keys.to_ask(), std::nullopt);
  EXPECT_FALSE(keys.is_known(2));
  EXPECT_EQ(keys.settle(nullptr), 2);
  EXPECT_FALSE(keys.is_open());
  EXPECT_TRUE(keys.is_known(2));  // also without an answer: it is not queried again
  EXPECT_EQ(keys.standing(2).kind, KeyStanding::Kind::unknown);
  EXPECT_FALSE(keys.is_known(1));
}

TEST(QueryPace, StartsNoMoreThanItHasSlotsFor) {
  RunPlan plan;
  plan.concurrency = 2;
  QueryPace pace(plan, kNow);
  EXPECT_TRUE(pace.may_start(kNow));
  pace.started(kNow);
  pace.started(kNow);
  EXPECT_EQ(pace.in_flight(), 2U);
  EXPECT_FALSE(pace.may_start(kNow));
  pace.ended();
  EXPECT_TRUE(pace.may_start(kNow));
}

#ifndef NDEBUG
TEST(QueryPaceDeathTest, CountsNoEndWithoutAStart) {
  QueryPace pace(RunPlan{}, kNow);
  EXPECT_DEATH(pace.ended(), "in_flight_");
}

TEST(KeyInquiryDeathTest, AsksAboutOneKeyAtATime) {
  KeyInquiry keys;
  keys.want(1);
  EXPECT_DEATH(keys.want(2), "is_open");
  EXPECT_DEATH(keys.settle(nullptr), "asked_");
}
#endif

}  // namespace
}  // namespace core
