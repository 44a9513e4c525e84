#include "cmd/serve/share_time.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

TEST(ShareTime, IsNotRenewedByAByteNowAndThen) {
  cmd::ShareTime time(30s, 1000);
  for (int i = 0; i < 29; ++i) {
    time.waited(1s);
    time.sent(34);
  }
  EXPECT_EQ(time.left(), 1s) << "986 bytes are no share";
}

TEST(ShareTime, IsRenewedByAShare) {
  cmd::ShareTime time(30s, 1000);
  time.waited(29s);
  time.sent(999);
  EXPECT_EQ(time.left(), 1s);
  time.sent(1);
  EXPECT_EQ(time.left(), 30s);
  time.waited(2s);
  time.sent(999);
  EXPECT_EQ(time.left(), 28s) << "the next share begins with nothing";
  time.sent(5000);
  EXPECT_EQ(time.left(), 30s);
}

}  // namespace
