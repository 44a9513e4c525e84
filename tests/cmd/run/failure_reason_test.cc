#include "cmd/run/failure_reason.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

TEST(FailureReason, OneCauseHasOneShape) {
  struct Case {
    std::string one;
    std::string other;
    std::string common;  // empty: two causes
  };
  const std::vector<Case> cases{
      {"HTTP 403", "HTTP 403", "HTTP 403"},
      {"HTTP 403", "HTTP 404", ""},
      {"connection refused", "connection reset", ""},
      {"Failed to connect to h port 443 after 1 ms: refused",
       "Failed to connect to h port 443 after 27 ms: refused",
       "Failed to connect to h port 443 after * ms: refused"},
      {"timed out after 60001 milliseconds with 0 out of 12 bytes received",
       "timed out after 60002 milliseconds with 7 out of 12 bytes received",
       "timed out after * milliseconds with * out of 12 bytes received"},
      {"HTTP 500: no channel (request id: 20260601033340118204000AbCdEfGh)",
       "HTTP 500: no channel (request id: 20260601033341000000001QqWwEeRr)",
       "HTTP 500: no channel (request id: *)"},
      {"HTTP 400: asyntask_00000000000000000000000000000007 not found",
       "HTTP 400: asyntask_0000000000000000000000000000000a not found", "HTTP 400: * not found"},
      {"HTTP 500: a (id: 1)", "HTTP 502: a (id: 2)", ""},
      {"\xC3\x97 1", "\xC3\x97 2", "\xC3\x97 *"},
      {"", "", ""},
      {"5", "5 more", ""}};
  for (const Case& one : cases) {
    const bool same = cmd::reason_shape(one.one) == cmd::reason_shape(one.other);
    EXPECT_EQ(same, !one.common.empty() || one.one == one.other) << one.one;
    if (same) {
      const std::string common = cmd::common_reason(one.one, one.other);
      EXPECT_EQ(common, one.common);
      EXPECT_EQ(cmd::reason_shape(common), cmd::reason_shape(one.one)) << "a third one joins";
      EXPECT_EQ(cmd::common_reason(common, one.one), common);
    }
  }
}

}  // namespace
