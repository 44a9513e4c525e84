#include "core/engine/retry.h"

#include <gtest/gtest.h>

namespace {

using std::chrono::milliseconds;

TEST(RetryDelay, BoundDoublesUpToTheMaximum) {
  const core::RetryPolicy policy;
  EXPECT_EQ(core::retry_delay(policy, 1, 1.0), milliseconds(1'000));
  EXPECT_EQ(core::retry_delay(policy, 2, 1.0), milliseconds(2'000));
  EXPECT_EQ(core::retry_delay(policy, 6, 1.0), milliseconds(32'000));
  EXPECT_EQ(core::retry_delay(policy, 7, 1.0), milliseconds(60'000));
  EXPECT_EQ(core::retry_delay(policy, 1'000'000, 1.0), milliseconds(60'000));
}

TEST(RetryDelay, JitterIsFull) {
  const core::RetryPolicy policy;
  EXPECT_EQ(core::retry_delay(policy, 3, 0.0), milliseconds(0));
  EXPECT_EQ(core::retry_delay(policy, 3, 0.25), milliseconds(1'000));
  EXPECT_EQ(core::retry_delay(policy, 3, 7.0), milliseconds(4'000));
}

}  // namespace
