#include "cmd/report/closed_periods.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cmd/report.h"
#include "core/error.h"
#include "storage/sqlite/database.h"
#include "tests/cmd/report/close_fixture.h"

namespace {

using namespace close_fixture;

class ClosedPeriods : public CloseFixture {};

TEST_F(ClosedPeriods, AChangedLineIsFound) {
  add("a", kOctober + 1000, "8");
  add("late", kOctober + 2000, "5");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  EXPECT_TRUE(cmd::check_closed_periods(ledger_).empty());
  alter("UPDATE report_line SET cost = '7.21' WHERE id = 1");
  const std::vector<std::string> findings = cmd::check_closed_periods(ledger_);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(findings.front().starts_with("closed period 2026-10: "));
}

TEST_F(ClosedPeriods, NoReportIsMadeOfAClosedPeriodThatSomebodyChanged) {
  add("a", kOctober + 1000, "8");
  add("failed", kOctober + 2000, "5", 2);
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  const std::vector<std::pair<std::string, std::string>> cases{
      {"another cost", "UPDATE report_line SET cost = '0.01' WHERE id = 1"},
      {"another model", "UPDATE report_line SET model = 'x' WHERE id = 1"},
      {"a failed task made paid",
       "UPDATE report_line SET succeeded = 1, cost = '4.5', quantity = "
       "'5', unit_price = '0.9', currency = 'CNY' WHERE id = 2"},
      {"a task taken out of its month", "DELETE FROM report_line WHERE id = 2"},
      {"a task in another month",
       "UPDATE report_line SET billed_at = billed_at + 2678400000 WHERE id = 2"},
      {"another SHA-256", "UPDATE period SET sha256 = 'x'"},
      {"the month taken away", "DELETE FROM report_line; DELETE FROM period"},
      {"the month moved",
       "UPDATE period SET name = '2026-12', begins_at = 1796083200000, "
       "ends_at = 1798761600000"},
      {"a zone that is none", "UPDATE period SET tz = 'Nowhere'"}};
  for (const auto& [name, sql] : cases) {
    SCOPED_TRACE(name);
    const std::string whole = ledger_;
    ledger_ = folder_.path("changed.db");
    std::filesystem::remove(ledger_);
    SQLite::Database(whole, SQLite::OPEN_READWRITE).exec("VACUUM INTO '" + ledger_ + "'");
    std::filesystem::permissions(ledger_, std::filesystem::perms(0600));
    alter("DROP TRIGGER period_is_fixed; DROP TRIGGER period_is_kept; " + sql);
    for (const char* period : {"2026-10", "2026"}) {
      for (const char* format : {"csv", "json", "focus", "html"}) {
        const std::string path = folder_.path("october");
        std::ostringstream out;
        EXPECT_THROW(
            cmd::write_report({.ledger = ledger_, .period = period, .format = format}, log_, out),
            core::Error)
            << period << " " << format;
        EXPECT_EQ(out.str(), "");
        EXPECT_THROW(
            cmd::write_report(
                {.ledger = ledger_, .period = period, .format = format, .output = path}, log_, out),
            core::Error);
        EXPECT_FALSE(std::filesystem::exists(path));
      }
    }
    ledger_ = whole;
  }
  EXPECT_NE(report("2026-10"), "");
}

TEST_F(ClosedPeriods, NothingDependsOnAClosedPeriodThatSomebodyChanged) {
  add("a", kOctober + 1000, "8");
  add("b", kOctober + 2000, "5");
  ASSERT_EQ(close("2026-09"), cmd::ExitCode::ok);
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  answer("a", 1, {.duration_seconds = "9"}, "a9");
  ASSERT_EQ(costs("2026-11"), "a -7.2*\na 8.1*\n");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"the cost that is taken back", "UPDATE report_line SET cost = '0.01' WHERE id = 1"},
      {"another line of the period", "UPDATE report_line SET cost = '0.01' WHERE id = 2"},
      {"a line taken out", "DELETE FROM report_line WHERE id = 1"},
      {"the prices", "UPDATE period SET prices = replace(prices, '0.90', '0.10')"},
      {"the month taken away",
       "DELETE FROM report_line; DELETE FROM period WHERE name = '2026-10'"},
      {"a month taken away with its closing",
       "DELETE FROM period WHERE name = '2026-09'; DELETE FROM closing WHERE name = '2026-09'"},
      {"no closing recorded", "DELETE FROM closing WHERE name = '2026-10'"}};
  const std::string whole = ledger_;
  for (const auto& [name, sql] : cases) {
    SCOPED_TRACE(name);
    ledger_ = folder_.path("changed.db");
    std::filesystem::remove(ledger_);
    SQLite::Database(whole, SQLite::OPEN_READWRITE).exec("VACUUM INTO '" + ledger_ + "'");
    std::filesystem::permissions(ledger_, std::filesystem::perms(0600));
    alter(
        "DROP TRIGGER period_is_fixed; DROP TRIGGER period_is_kept; "
        "DROP TRIGGER closing_is_kept; " +
        sql);
    EXPECT_THROW(static_cast<void>(report("2026-11")), core::Error);
    EXPECT_THROW(static_cast<void>(close("2026-11", true)), core::Error);
    EXPECT_EQ(SQLite::Database(ledger_, SQLite::OPEN_READONLY)
                  .execAndGet("SELECT count(*) FROM period WHERE name = '2026-11'")
                  .getInt(),
              0);
  }
  ledger_ = whole;
  EXPECT_EQ(close("2026-11", true), cmd::ExitCode::ok);
}

TEST_F(ClosedPeriods, AClosedPeriodThatNobodyChangedIsReportedBesideOneThatSomebodyDid) {
  add("a", kOctober - 1000, "8");
  add("b", kOctober + 2000, "5");
  ASSERT_EQ(close("2026-09"), cmd::ExitCode::ok);
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  alter("UPDATE report_line SET cost = '7.21' WHERE id = 1");
  EXPECT_THROW(static_cast<void>(report("2026-09")), core::Error);
  EXPECT_EQ(costs("2026-10"), "b 4.5\n");
}

}  // namespace
