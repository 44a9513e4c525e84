// A run of a crew starts no more queries than its share of the crew's rate, and slows down with it.
#include "tests/core/engine/engine_world.h"

namespace engine_world {
namespace {

class CrewPaceTest : public EngineTest {
 protected:
  void add_failing(int tasks) {
    for (int i = 0; i < tasks; ++i) {
      const std::string id = "t" + std::to_string(i);
      add(id, {answer(200, body(id, "FAILURE"))});
    }
  }
  // How long the whole run took.
  core::SteadyTime::duration time_of_run() {
    const auto begin = clock_.steady();
    EXPECT_EQ(run().end, RunEnd::completed);
    return clock_.steady() - begin;
  }
};

TEST_F(CrewPaceTest, StaysWithinItsShare) {
  plan_.rate = 100;
  ledger_.standing = {.rate_share = 20};
  add_failing(100);
  const auto took = time_of_run();
  EXPECT_GE(took, milliseconds(5'700));
  EXPECT_LE(took, milliseconds(6'600));
}

TEST_F(CrewPaceTest, WaitsASecondForWhatOthersStartedUnderItsFirstShare) {
  plan_.rate = 100;
  ledger_.standing = {.rate_share = 20};
  add_failing(2);
  const auto begin = clock_.steady();
  run();
  ASSERT_EQ(transport_.sent.size(), 2U);
  EXPECT_GE(transport_.sent.front().when - begin, seconds(1));
}

TEST_F(CrewPaceTest, WaitsForAShare) {
  plan_.rate = 100;
  ledger_.standing = {.rate_share = 0};
  add_failing(10);
  const auto begin = clock_.steady();
  transport_.before_wait = [&] {
    if (clock_.steady() - begin >= seconds(7)) {
      ledger_.standing = {.rate_share = 100};
    }
  };
  run();
  ASSERT_EQ(transport_.sent.size(), 10U);
  EXPECT_GE(transport_.sent.front().when - begin, seconds(8)) << "others still count for a second";
  EXPECT_LE(transport_.sent.front().when - begin, seconds(11));
}

TEST_F(CrewPaceTest, SlowsDownWhenAnotherRunWasThrottled) {
  plan_.rate = 100;
  ledger_.standing = {.slow_downs = 3};
  add_failing(300);
  const auto begin = clock_.steady();
  transport_.before_wait = [&] {
    if (clock_.steady() - begin >= seconds(1)) {
      ledger_.standing = {.slow_downs = 4};
    }
  };
  EXPECT_GE(time_of_run(), milliseconds(3'300)) << "3 s at the full rate";
}

TEST_F(CrewPaceTest, SlowsDownTheCrew) {
  add("a", {answer(429, "{}"), answer(200, body("a", "FAILURE"))});
  ledger_.standing.emplace();
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.slow_downs_told, 1);
}

}  // namespace
}  // namespace engine_world
