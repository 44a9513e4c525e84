#include "core/billing/period.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.h"

namespace {

using core::Period;
using core::TimeZone;

std::string utc(core::UtcTime time) { return TimeZone("UTC").text(time); }

struct PeriodCase {
  std::string zone;
  std::string period;
  std::string begin;
  std::string end;
};

TEST(Period, ReachesFromLocalMidnightToLocalMidnight) {
  const std::vector<PeriodCase> cases = {
      {"UTC", "2026-10", "2026-10-01T00:00:00+00:00", "2026-11-01T00:00:00+00:00"},
      {"UTC", "2026", "2026-01-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"},
      {"UTC", "2026-12", "2026-12-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"},
      {"UTC", "2026-W41", "2026-10-05T00:00:00+00:00", "2026-10-12T00:00:00+00:00"},
      {"UTC", "2026-W01", "2025-12-29T00:00:00+00:00", "2026-01-05T00:00:00+00:00"},
      {"UTC", "2026-W53", "2026-12-28T00:00:00+00:00", "2027-01-04T00:00:00+00:00"},
      {"UTC", "2028-02-29", "2028-02-29T00:00:00+00:00", "2028-03-01T00:00:00+00:00"},
      {"UTC", "2028-02", "2028-02-01T00:00:00+00:00", "2028-03-01T00:00:00+00:00"},
      // The clocks change within these: 745 and 743 hours, 23 and 25.
      {"Europe/Berlin", "2026-10", "2026-09-30T22:00:00+00:00", "2026-10-31T23:00:00+00:00"},
      {"Europe/Berlin", "2026-03", "2026-02-28T23:00:00+00:00", "2026-03-31T22:00:00+00:00"},
      {"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"},
      {"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00+00:00", "2026-10-25T23:00:00+00:00"},
      {"America/New_York", "2026-03-08", "2026-03-08T05:00:00+00:00", "2026-03-09T04:00:00+00:00"},
      {"America/New_York", "2026-11-01", "2026-11-01T04:00:00+00:00", "2026-11-02T05:00:00+00:00"},
      {"America/New_York", "2026", "2026-01-01T05:00:00+00:00", "2027-01-01T05:00:00+00:00"},
      {"Asia/Shanghai", "2026-10", "2026-09-30T16:00:00+00:00", "2026-10-31T16:00:00+00:00"},
      {"Asia/Shanghai", "2028-02-29", "2028-02-28T16:00:00+00:00", "2028-02-29T16:00:00+00:00"},
      // Midnight itself is skipped: the day begins at 01:00.
      {"America/Santiago", "2026-09-06", "2026-09-06T04:00:00+00:00", "2026-09-07T03:00:00+00:00"},
  };
  for (const PeriodCase& one : cases) {
    const Period period = core::parse_period(one.period, TimeZone(one.zone));
    EXPECT_EQ(utc(period.begin), one.begin) << one.zone << ' ' << one.period;
    EXPECT_EQ(utc(period.end), one.end) << one.zone << ' ' << one.period;
    EXPECT_EQ(period.name, one.period);
  }
}

TEST(Period, RefusesInvalidPeriods) {
  for (const char* text :
       {"",           "26-10",     "2026-13",    "2026-00",   "2026-1",   "2026-10-32",
        "2027-02-29", "2025-W53",  "2026-W00",   "2026-W5",   "2026-10-", "2026-10-05T00:00",
        "0000",       "October",   "2026/10",    " 2026-10",  "20261005", "2026-1x",
        "2026-Wxx",   "2026-W055", "2026-10x05", "2026-10-0x"}) {
    EXPECT_THROW((void)core::parse_period(text, TimeZone("UTC")), core::UsageError) << text;
  }
}

TEST(Period, RangesAreHalfOpenAndReadInTheZone) {
  const TimeZone berlin("Europe/Berlin");
  const std::vector<PeriodCase> cases = {
      {"", "2026-10-05", "2026-10-04T22:00:00+00:00", ""},
      {"", "2026-10-05T12:00", "2026-10-05T10:00:00+00:00", ""},
      {"", "2026-10-05 12:00:01.250", "2026-10-05T10:00:01.250+00:00", ""},
      {"", "2026-10-05T12:00:00Z", "2026-10-05T12:00:00+00:00", ""},
      {"", "2026-10-05T12:00:00-05:30", "2026-10-05T17:30:00+00:00", ""},
      {"", "2026-10-05T12:00+0800", "2026-10-05T04:00:00+00:00", ""},
      {"", "2026-10-05T12:00-03", "2026-10-05T15:00:00+00:00", ""},
      // Shown twice: the first one; skipped: the time when the clocks are put forward.
      {"", "2026-10-25T02:30", "2026-10-25T00:30:00+00:00", ""},
      {"", "2026-03-29T02:30", "2026-03-29T01:00:00+00:00", ""},
  };
  for (const PeriodCase& one : cases) {
    const Period period = core::parse_range(one.period, "2026-12-31", berlin);
    EXPECT_EQ(utc(period.begin), one.begin) << one.period;
    EXPECT_EQ(period.length, core::PeriodLength::custom);
  }
  for (const char* text : {"",
                           "2026-10",
                           "2026-10-05T",
                           "2026-10-05T24:00",
                           "2026-10-05T12",
                           "2026-10-05T12:00X",
                           "2026-10-05T12:00+1",
                           "2026-10-05T12:00+02:",
                           "2026-10-05T12:00+99:00",
                           "2026-10-05T12:00+02:60",
                           "2026-10-05T12:00:00.5",
                           "2026x10-05",
                           "2026-1x-05",
                           "2026-10-0x",
                           "2026-02-30",
                           "2026-10-05Txx:00",
                           "2026-10-05T12:6",
                           "2026-10-05T12:60",
                           "2026-10-05T12:00:60",
                           "2026-10-05T12:00:0x",
                           "2026-10-05T12:00Zx",
                           "2026-10-05T12:00+02:00x"}) {
    EXPECT_THROW((void)core::parse_range(text, "2026-12-31", berlin), core::UsageError) << text;
  }
  EXPECT_THROW((void)core::parse_range("2026-10-05", "2026-10-05", berlin), core::UsageError);
  EXPECT_THROW((void)core::parse_range("2026-10-06", "2026-10-05", berlin), core::UsageError);
}

TEST(Period, IsFollowedByOneOfTheSameLength) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"2026", "2027"},
      {"2026-12", "2027-01"},
      {"2026-10", "2026-11"},
      {"2026-W53", "2027-W01"},
      {"2026-W41", "2026-W42"},
      {"2028-02-28", "2028-02-29"},
      {"2026-12-31", "2027-01-01"},
      {"2026-09-05", "2026-09-06"},
  };
  for (const char* zone_name : {"UTC", "Europe/Berlin", "America/Santiago"}) {
    const TimeZone zone(zone_name);
    for (const auto& [name, next] : cases) {
      const Period period = core::parse_period(name, zone);
      const Period following = core::next_period(period, zone);
      EXPECT_EQ(following.name, next) << zone_name;
      EXPECT_EQ(following.begin, period.end) << zone_name << ' ' << name;
      EXPECT_EQ(following.end, core::parse_period(next, zone).end);
    }
  }
}

// Not the year 1000, whose name begins as that of 10000.
TEST(NextPeriod, ThereIsNoneBehindTheLastYear) {
  const TimeZone utc("UTC");
  for (const char* last : {"9999", "9999-12", "9999-12-31"}) {
    EXPECT_THROW((void)core::next_period(core::parse_period(last, utc), utc), core::UsageError)
        << last;
  }
}

TEST(TimeZone, WritesInstantsWithTheirOffset) {
  const core::UtcTime before =
      core::parse_range("2026-10-25T00:59:59Z", "2027-01-01", TimeZone("UTC")).begin;
  const TimeZone berlin("Europe/Berlin");
  EXPECT_EQ(berlin.text(before), "2026-10-25T02:59:59+02:00");
  EXPECT_EQ(berlin.text(before + std::chrono::seconds(1)), "2026-10-25T02:00:00+01:00");
  // An instant before the change again.
  EXPECT_EQ(berlin.text(before), "2026-10-25T02:59:59+02:00");
  EXPECT_EQ(berlin.text(before + std::chrono::milliseconds(5)), "2026-10-25T02:59:59.005+02:00");
  EXPECT_EQ(TimeZone("America/New_York").text(before), "2026-10-24T20:59:59-04:00");
  EXPECT_EQ(TimeZone("Asia/Kolkata").text(before), "2026-10-25T06:29:59+05:30");
  EXPECT_EQ(TimeZone("America/St_Johns").text(before), "2026-10-24T22:29:59-02:30");
  EXPECT_EQ(TimeZone("America/New_York").day(before), "2026-10-24");
  EXPECT_EQ(TimeZone("UTC").text(core::UtcTime(std::chrono::milliseconds(-1))),
            "1969-12-31T23:59:59.999+00:00");
}

TEST(TimeZone, RefusesUnknownNames) {
  for (const char* name : {"", "Europe/Nowhere", "../etc/passwd", "Berlin"}) {
    EXPECT_THROW(TimeZone{name}, core::UsageError) << name;
  }
}

}  // namespace
