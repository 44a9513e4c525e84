#include "cmd/cli/units.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace {

using namespace std::chrono_literals;

TEST(Duration, Parse) {
  struct Case {
    const char* text;
    std::optional<std::chrono::milliseconds> expected;
  };
  const std::vector<Case> cases{
      {"0", 0ms},
      {"0s", 0ms},
      {"250ms", 250ms},
      {"90s", 90s},
      {"15m", 15min},
      {"36h", 36h},
      {"2d", 48h},
      {"1.5h", 90min},
      {"0.25s", 250ms},
      {"0.0015s", std::nullopt},
      {"1h30m", 90min},
      {"1h30m15s", 90min + 15s},
      {"90S", 90s},
      {"3660d", cmd::kDurationMax},
      {"3661d", std::nullopt},
      {"", std::nullopt},
      {"60", std::nullopt},
      {"s", std::nullopt},
      {"1.s", std::nullopt},
      {".5s", std::nullopt},
      {"-1s", std::nullopt},
      {"+1s", std::nullopt},
      {" 1s", std::nullopt},
      {"1 s", std::nullopt},
      {"1s ", std::nullopt},
      {"1w", std::nullopt},
      {"30m1h", std::nullopt},
      {"1m1m", std::nullopt},
      {"1h30", std::nullopt},
      {"99999999999999999999s", std::nullopt},
      {"9223372036854775807d", std::nullopt},
      {"1e3s", std::nullopt},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(cmd::parse_duration(c.text), c.expected) << c.text;
  }
}

TEST(Size, Parse) {
  struct Case {
    const char* text;
    std::optional<std::int64_t> expected;
  };
  const std::vector<Case> cases{
      {"0", 0},
      {"512", 512},
      {"512B", 512},
      {"500KB", 500'000},
      {"500kb", 500'000},
      {"500KiB", 512'000},
      {"10k", 10'240},
      {"10M", 10'485'760},
      {"10MB", 10'000'000},
      {"4GiB", 4'294'967'296},
      {"4GB", 4'000'000'000},
      {"1G", 1'073'741'824},
      {"1.5GiB", 1'610'612'736},
      {"0.5k", 512},
      {"1T", 1'099'511'627'776},
      {"2TB", 2'000'000'000'000},
      {"1TiB", 1'099'511'627'776},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"9223372036854775808", std::nullopt},
      {"8388608T", std::nullopt},
      {"", std::nullopt},
      {"-1", std::nullopt},
      {"4 GiB", std::nullopt},
      {"GiB", std::nullopt},
      {"4XB", std::nullopt},
      {"4G4", std::nullopt},
      {"1.G", std::nullopt},
      {"0x10", std::nullopt},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(cmd::parse_size(c.text), c.expected) << c.text;
  }
}

TEST(RunNumber, IsAPlainNumberFromOneOn) {
  EXPECT_EQ(cmd::parse_run_number("1"), 1);
  EXPECT_EQ(cmd::parse_run_number("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", "0", "-1", "+1", "1x", " 1", "1.0", "9223372036854775808"}) {
    EXPECT_FALSE(cmd::parse_run_number(text)) << text;
  }
}

TEST(Duration, Format) {
  struct Case {
    std::chrono::milliseconds duration;
    const char* expected;
  };
  const std::vector<Case> cases{
      {-5s, "0s"},
      {0ms, "0s"},
      {250ms, "250ms"},
      {999ms, "999ms"},
      {1s, "1s"},
      {59'999ms, "59s"},
      {60s, "1m 00s"},
      {125s, "2m 05s"},
      {3599s, "59m 59s"},
      {3720s, "1h 02m"},
      {24h - 1s, "23h 59m"},
      {76h, "3d 04h"},
      {3660 * 24h, "3660d 00h"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(cmd::format_duration(c.duration), c.expected);
  }
}

TEST(Size, Format) {
  struct Case {
    std::int64_t bytes;
    const char* expected;
  };
  const std::vector<Case> cases{
      {-1, "0 B"},
      {0, "0 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1536, "1.5 KiB"},
      {102'400, "100 KiB"},
      {1'048'575, "1.0 MiB"},
      {1'503'238'554, "1.4 GiB"},
      {851'443'712, "812 MiB"},
      {std::numeric_limits<std::int64_t>::max(), "8.0 EiB"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(cmd::format_size(c.bytes), c.expected) << c.bytes;
  }
}

TEST(Count, ACountHasItsNoun) {
  EXPECT_EQ(cmd::format_count(0, "task"), "0 tasks");
  EXPECT_EQ(cmd::format_count(1, "task"), "1 task");
  EXPECT_EQ(cmd::format_count(2, "missing video"), "2 missing videos");
}

}  // namespace
