#include "core/domain/zone_rules.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "core/billing/period.h"
#include "core/error.h"

namespace {

using core::TimeZone;
using core::ZoneRules;

constexpr const char* kDatabase = "/usr/share/zoneinfo/";

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xffU);
  }
  return text;
}

// A file as `zic -b slim` makes it, with one transition (in 1970) or none, and the rule at its end.
std::string slim_file(const std::string& rule, std::int64_t first_offset, bool with_change) {
  const auto header = [&](std::uint64_t changes, std::uint64_t types) {
    return "TZif2" + std::string(15 + 12, '\0') + big_endian(changes, 4) + big_endian(types, 4) +
           big_endian(4, 4);
  };
  const auto type = [](std::int64_t offset) {
    return big_endian(static_cast<std::uint64_t>(offset), 4) + std::string(2, '\0');
  };
  std::string file = header(0, 1) + type(0) + "LMT" + std::string(1, '\0');
  file += header(with_change ? 1 : 0, with_change ? 2 : 1);
  file += with_change ? big_endian(0, 8) + "\x01" : "";
  file += type(first_offset) + (with_change ? type(3600) : "") + "LMT" + std::string(1, '\0');
  return file + "\n" + rule + "\n";
}

std::int64_t offset_at(const ZoneRules& rules, std::int64_t second) {
  return rules.at(core::UtcTime(std::chrono::seconds(second))).offset.count();
}

std::int64_t second_of(const std::string& utc) {
  return std::chrono::duration_cast<std::chrono::seconds>(
             core::parse_range(utc, "9999-12-31", TimeZone("UTC")).begin.time_since_epoch())
      .count();
}

struct InstantCase {
  std::string zone;
  std::string utc;
  std::string local;
};

TEST(ZoneRules, DaylightSavingContinuesAfterTheLastTransitionOfTheFile) {
  const std::vector<InstantCase> cases = {
      {"Europe/Berlin", "2037-07-01T12:00", "2037-07-01T14:00:00+02:00"},
      {"Europe/Berlin", "2038-01-19T03:14:08", "2038-01-19T04:14:08+01:00"},
      {"Europe/Berlin", "2040-07-04T10:40", "2040-07-04T12:40:00+02:00"},
      {"Europe/Berlin", "2040-03-25T00:59:59", "2040-03-25T01:59:59+01:00"},
      {"Europe/Berlin", "2040-03-25T01:00", "2040-03-25T03:00:00+02:00"},
      {"Europe/Berlin", "2100-10-31T00:59:59", "2100-10-31T02:59:59+02:00"},
      {"Europe/Berlin", "2100-10-31T01:00", "2100-10-31T02:00:00+01:00"},
      {"America/New_York", "2050-03-13T06:59:59", "2050-03-13T01:59:59-05:00"},
      {"America/New_York", "2050-03-13T07:00", "2050-03-13T03:00:00-04:00"},
      {"America/New_York", "2099-12-31T23:00", "2099-12-31T18:00:00-05:00"},
      // South of the equator New Year is in summer.
      {"Australia/Sydney", "2051-01-01T00:00", "2051-01-01T11:00:00+11:00"},
      {"Australia/Sydney", "2051-07-01T00:00", "2051-07-01T10:00:00+10:00"},
      {"America/Santiago", "2060-01-01T00:00", "2059-12-31T21:00:00-03:00"},
      // Half an hour; a standard time in summer and an "earlier" one in winter; no change at all.
      {"Australia/Lord_Howe", "2045-01-01T00:00", "2045-01-01T11:00:00+11:00"},
      {"Australia/Lord_Howe", "2045-07-01T00:00", "2045-07-01T10:30:00+10:30"},
      {"Europe/Dublin", "2045-07-01T00:00", "2045-07-01T01:00:00+01:00"},
      {"Europe/Dublin", "2045-12-01T00:00", "2045-12-01T00:00:00+00:00"},
      {"Asia/Shanghai", "2080-07-01T00:00", "2080-07-01T08:00:00+08:00"},
      {"Asia/Tehran", "2080-07-01T00:00", "2080-07-01T03:30:00+03:30"},
      {"Asia/Kolkata", "2080-07-01T00:00", "2080-07-01T05:30:00+05:30"},
      // Changes at hours that no clock shows: 24:00 of a Saturday, 50 hours after a Thursday.
      {"Asia/Gaza", "2090-07-01T00:00", "2090-07-01T03:00:00+03:00"},
      {"America/Nuuk", "2045-07-01T00:00", "2045-06-30T23:00:00-01:00"},
      {"UTC", "2080-07-01T00:00", "2080-07-01T00:00:00+00:00"},
  };
  for (const InstantCase& one : cases) {
    const core::UtcTime time(std::chrono::seconds(second_of(one.utc)));
    EXPECT_EQ(TimeZone(one.zone).text(time), one.local) << one.zone << ' ' << one.utc;
  }
}

TEST(ZoneRules, PeriodsFollowTheRuleToo) {
  struct Case {
    const char* zone;
    const char* period;
    const char* begin;
    const char* end;
  };
  const std::vector<Case> cases = {
      {"Europe/Berlin", "2040-03", "2040-02-29T23:00:00+00:00", "2040-03-31T22:00:00+00:00"},
      {"Europe/Berlin", "2040-10-28", "2040-10-27T22:00:00+00:00", "2040-10-28T23:00:00+00:00"},
      {"America/New_York", "2050", "2050-01-01T05:00:00+00:00", "2051-01-01T05:00:00+00:00"},
      // Its midnight is skipped.
      {"America/Santiago", "2040-09-02", "2040-09-02T04:00:00+00:00", "2040-09-03T03:00:00+00:00"},
  };
  for (const Case& one : cases) {
    const core::Period period = core::parse_period(one.period, TimeZone(one.zone));
    EXPECT_EQ(TimeZone("UTC").text(period.begin), one.begin) << one.zone << ' ' << one.period;
    EXPECT_EQ(TimeZone("UTC").text(period.end), one.end) << one.zone << ' ' << one.period;
  }
  const core::Period twice =
      core::parse_range("2040-10-28T02:30", "2040-12-31", TimeZone("Europe/Berlin"));
  EXPECT_EQ(TimeZone("UTC").text(twice.begin), "2040-10-28T00:30:00+00:00");
}

TEST(ZoneRules, ASlimFileHasItsRuleFromItsLastChangeOn) {
  const std::int64_t july = second_of("2026-07-01");
  const std::int64_t january = second_of("2026-01-01");
  const ZoneRules slim = ZoneRules::parse(slim_file("CET-1CEST,M3.5.0,M10.5.0/3", 3208, true));
  EXPECT_EQ(offset_at(slim, -1), 3208);
  EXPECT_EQ(offset_at(slim, 0), 3600);
  EXPECT_EQ(offset_at(slim, january), 3600);
  EXPECT_EQ(offset_at(slim, july), 7200);
  const ZoneRules::Span first = slim.at(core::UtcTime(std::chrono::seconds(1)));
  EXPECT_EQ(first.begin, core::UtcTime{}) << "not before the change in the file";
  EXPECT_EQ(offset_at(ZoneRules::parse(slim_file("", -60, true)), july), 3600) << "no rule";
}

TEST(ZoneRules, RulesOfEveryForm) {
  struct Case {
    const char* rule;
    std::int64_t january;
    std::int64_t july;
    const char* before = "";  // the last second before daylight saving time, and its offset
    std::int64_t offset_before = 0;
    std::int64_t offset_then = 0;
  };
  const std::vector<Case> cases = {
      {"UTC0", 0, 0},
      {"<+0330>-3:30", 12600, 12600},
      {"<-00>0", 0, 0},
      {"EST5EDT,M3.2.0,M11.1.0", -18000, -14400, "2026-03-08T06:59:59", -18000, -14400},
      {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 39600, 37800, "2026-10-03T15:29:59", 37800, 39600},
      {"IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3600, "2026-10-25T00:59:59", 3600, 0},
      {"EET-2EEST,M3.4.4/50,M10.4.4/50", 7200, 10800, "2026-03-27T23:59:59", 7200, 10800},
      {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600, "2026-03-29T00:59:59", -7200, -3600},
      // Days of the year, without and with 29 February; daylight saving time for ever.
      {"AAA0BBB,J60/0,J300/0", 0, 3600, "2028-02-29T23:59:59", 0, 3600},
      {"AAA0BBB,59/0,300/0", 0, 3600, "2028-02-28T23:59:59", 0, 3600},
      {"EST5EDT,0/0,J365/25", -14400, -14400, "2027-01-01T04:59:59", -14400, -14400},
      {"AAA-14:15:16", 51316, 51316},
      {"AAA0BBB-2:30,M1.1.1/+0,M12.5.6/24:00:00", 9000, 9000},
  };
  for (const Case& one : cases) {
    const ZoneRules zone = ZoneRules::parse(slim_file(one.rule, 0, false));
    EXPECT_EQ(offset_at(zone, second_of("2026-01-15")), one.january) << one.rule;
    EXPECT_EQ(offset_at(zone, second_of("2026-07-15")), one.july) << one.rule;
    if (*one.before != '\0') {
      EXPECT_EQ(offset_at(zone, second_of(one.before)), one.offset_before) << one.rule;
      EXPECT_EQ(offset_at(zone, second_of(one.before) + 1), one.offset_then) << one.rule;
    }
  }
}

TEST(ZoneRules, InvalidRulesAreRefused) {
  for (const char* rule : {"",
                           "C",
                           "CET",
                           "CE-1",
                           "<CET-1",
                           "CET-1CEST",
                           "CET-1CEST,",
                           "CET-1CEST,M3.5.0",
                           "CET-1CEST,M3.5.0,M10.5.0/3x",
                           "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0",
                           "CET-1CEST,M3.5.7,M10.5.0",
                           "CET-1CEST,M0.5.0,M10.5.0",
                           "CET-1CEST,J0,J3",
                           "CET-1CEST,366,3",
                           "CET-168",
                           "CET-1:60",
                           "CET-1CEST,M3.5.0/168,M10.5.0",
                           "CET-1 ",
                           "CET-99999999999999999999",
                           "CET--1"}) {
    EXPECT_FALSE(core::PosixRule::parse(rule)) << rule;
  }
}

TEST(ZoneRules, DamagedFilesAreRefusedAndNeverReadBeyond) {
  const std::string whole = slim_file("CET-1CEST,M3.5.0,M10.5.0/3", 3208, true);
  const std::size_t footer = whole.find("\nCET");
  for (std::size_t length = 0; length < footer; ++length) {
    EXPECT_THROW(std::ignore = ZoneRules::parse(whole.substr(0, length)), core::Error) << length;
  }
  std::mt19937 random(38);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = whole;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    try {
      offset_at(ZoneRules::parse(bytes), 2'000'000'000);
    } catch (const core::Error&) {
    }
  }
}

TEST(ZoneRules, AFileThatIsNotAZoneIsRefused) {
  for (const char* name : {"zone1970.tab", "Europe", "../zoneinfo/UTC", "/usr/share/zoneinfo/UTC",
                           "Europe/Berlin ", "Europe//../Berlin"}) {
    EXPECT_THROW(std::ignore = ZoneRules::load(name), core::UsageError) << name;
  }
}

// The C library reads the same files with its own code.
TEST(ZoneRules, AgreesWithTheCLibraryInEveryZone) {
  std::ifstream table(std::string(kDatabase) + "zone1970.tab");
  std::mt19937_64 random(2038);
  std::uniform_int_distribution<std::int64_t> seconds(second_of("1950-01-01"),
                                                      second_of("2200-01-01"));
  int zones = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line.front() == '#') {
      continue;
    }
    const std::size_t begin = line.find('\t', line.find('\t') + 1) + 1;
    const std::string name = line.substr(begin, line.find('\t', begin) - begin);
    const auto rules = ZoneRules::load(name);
    setenv("TZ", name.c_str(), 1);
    tzset();
    const auto agrees_at = [&](std::int64_t second) {
      const auto time = static_cast<std::time_t>(second);
      std::tm local{};
      localtime_r(&time, &local);
      EXPECT_EQ(offset_at(*rules, second), local.tm_gmtoff) << name << " at " << second;
    };
    for (int i = 0; i < 100; ++i) {
      const std::int64_t second = seconds(random);
      agrees_at(second);
      // And at the next change of the offset.
      const auto end = rules->at(core::UtcTime(std::chrono::seconds(second))).end;
      if (end != core::UtcTime::max()) {
        const auto change = std::chrono::floor<std::chrono::seconds>(end);
        agrees_at(change.time_since_epoch().count());
        agrees_at(change.time_since_epoch().count() - 1);
      }
    }
    ++zones;
  }
  unsetenv("TZ");
  tzset();
  EXPECT_GT(zones, 250);
}

}  // namespace
