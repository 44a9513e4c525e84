#include "cmd/report/close_refusals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/report.h"
#include "cmd/report/closed_periods.h"
#include "core/billing/reports.h"
#include "storage/open_ledger.h"
#include "storage/sqlite/database.h"
#include "tests/cmd/report/close_fixture.h"

namespace {

using namespace close_fixture;

class CloseRefusals : public CloseFixture {};

TEST_F(CloseRefusals, WithPricesALineWithoutACostIsRefusedByName) {
  add("a", kOctober + 1000, "8");
  add("b", kOctober + 2000, "");
  for (const char* id : {"c", "d"}) {
    add(id, kOctober + 3000, "5");
    answer(id, 1, {.model = "typo"}, id);
  }
  add("failed", kOctober + 4000, "5", 2);
  EXPECT_EQ(close("2026-10"), cmd::ExitCode::partly);
  EXPECT_EQ(said_, "");
  EXPECT_TRUE(
      told("cannot close 2026-10: 3 lines have no cost (model typo, 2 lines: no price for "
           "this model; model m, 1 line: the answer has no usable duration_seconds)"))
      << told_;
  EXPECT_TRUE(core::Reports(storage::open_billing_source(ledger_)).closed_periods().empty());
  const std::string before = report("2026-10");
  json_ = true;
  ASSERT_EQ(close("2026-10", true), cmd::ExitCode::ok);
  EXPECT_TRUE(told("2026-10 is closed although 3 lines have no cost")) << told_;
  EXPECT_EQ(nlohmann::json::parse(said_).at("unpriced"), 3);
  EXPECT_EQ(report("2026-10"), before);
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  EXPECT_EQ(nlohmann::json::parse(said_).at("unpriced"), 3) << "also when closed before";
}

TEST_F(CloseRefusals, WithoutPricesOnlyUsageIsClosedAndOneWarningSaysSo) {
  add("a", kOctober + 1000, "8");
  prices_.clear();
  json_ = true;
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  EXPECT_TRUE(told("2026-10 is closed without a price book")) << told_;
  EXPECT_EQ(std::count(told_.begin(), told_.end(), '\n'), 1) << told_;
  EXPECT_EQ(nlohmann::json::parse(said_).at("unpriced"), 1);
}

TEST_F(CloseRefusals, AMonthThatWasClosedWithoutPricesGetsThemInTheNextOpenOne) {
  add("a", kOctober + 1000, "8");
  prices_.clear();
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  add("late", kOctober + 2000, "5");
  prices_ = folder_.write("prices.csv", kPrices);
  EXPECT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  EXPECT_TRUE(told("1 line of these corrects 2026-10, which `reeltally close 2026-10 --reprice"))
      << told_;
  EXPECT_EQ(costs("2026-11"), "late *\n");
  const std::string october = report("2026-10");
  ASSERT_EQ(reprice("2026-10", "m,second,,,0.90,CNY,,\n"), cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-12"), "a *\na 7.2*\nlate *\nlate 4.5*\n");
  EXPECT_EQ(report("2026-10"), october);
}

// A task that is closed in October without a cost, and whose later answers have none either.
class WithoutACost : public CloseFixture {
 protected:
  WithoutACost() {
    prices_ = book("other,second,,,1,CNY,,\n");
    add("a", kOctober + 1000, "8");
    EXPECT_EQ(close("2026-10", true), cmd::ExitCode::ok);
  }
  // What is said of the lines without a cost in these months, where the second is not included.
  std::string said(const std::string& begin, const std::string& end) {
    const cmd::ReportOptions options{.ledger = ledger_,
                                     .from = begin + "-01T00:00:00Z",
                                     .to = end + "-01T00:00:00Z",
                                     .prices = prices_};
    const cmd::ReportPlan plan(options);
    core::Reports reports(storage::open_billing_source(ledger_));
    cmd::UnpricedLines unpriced;
    reports.each_line(plan.query, plan.pricing(), plan.zone,
                      [&unpriced](const core::ReportLine& line) { unpriced.add(line); });
    return unpriced.count() == 0 ? "" : unpriced.text(reports.closed_periods());
  }
};

constexpr const char* kOneLine = "1 line has no cost (model m, 1 line: no price for this model)";
constexpr const char* kCorrection =
    "; 1 line of these corrects 2026-10, which `reeltally close 2026-10 --reprice --prices FILE` "
    "prices";

TEST_F(WithoutACost, ALineOfAClosedMonthDoesNotCorrectIt) {
  EXPECT_EQ(said("2026-10", "2026-11"), kOneLine);
}

TEST_F(WithoutACost, ALineThatIsReversedInTheSameReportCorrectsNothingThere) {
  answer("a", 1, {.duration_seconds = "9"}, "nine");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  const std::string one = std::string(kOneLine) + kCorrection;
  EXPECT_EQ(said("2026-10", "2026-12"), one) << "the first line is reversed, and corrects nothing";
  answer("a", 1, {.duration_seconds = "10"}, "ten");
  EXPECT_EQ(said("2026-10", "2027-01"), one) << "two lines are reversed";
  EXPECT_EQ(said("2026-12", "2027-01"), one);
}

TEST_F(WithoutACost, AReversalCountsWhereItsOwnLineIs) {
  answer("a", 1, {.duration_seconds = "9"}, "nine");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  answer("a", 2, {.model = "m"}, "failed");
  for (const bool closed : {false, true}) {
    SCOPED_TRACE(closed);
    EXPECT_EQ(said("2026-11", "2027-01"), "") << "without the first line";
    EXPECT_EQ(said("2026-10", "2027-01"), "");
    EXPECT_EQ(said("2026-12", "2027-01"), "");
    EXPECT_EQ(said("2026-11", "2026-12"), std::string(kOneLine) + kCorrection);
    if (!closed) {
      ASSERT_EQ(close("2026-12", true), cmd::ExitCode::ok);
    }
  }
}

TEST_F(CloseRefusals, TheAdviceToRepriceHelpsAMonthWithTiers) {
  const std::string tiers =
      "model,unit,price,currency,from_quantity,to_quantity\n"
      "m,second,0,CNY,,10\nm,second,1,CNY,10,\n";
  prices_ = folder_.write("tiers.csv", tiers);
  add("a", kOctober + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  add("late", kOctober + 2000, "5");
  answer("late", 1, {.model = "typo"}, "late");
  cmd::CloseOptions dry = options("2026-11");
  dry.dry_run = true;
  EXPECT_EQ(call(cmd::close_period, dry), cmd::ExitCode::partly);
  EXPECT_TRUE(
      told("1 line has no cost (model typo, 1 line: no price for this model); 1 line of "
           "these corrects 2026-10, which `reeltally close 2026-10 --reprice --prices "
           "FILE` prices; --force closes it anyway"))
      << told_;
  prices_ = folder_.write("tiers.csv", tiers + "typo,second,2,CNY,,\n");
  ASSERT_EQ(call(cmd::reprice_period, options("2026-10")), cmd::ExitCode::ok) << told_;
  EXPECT_EQ(costs("2026-11"), "late 10*\n");
}

TEST_F(CloseRefusals, NamesTheTasksThatBlockItAndWhatToDoAboutThem) {
  add("a", kOctober + 1000, "8");
  for (int i = 1; i <= 7; ++i) {
    add("s" + std::to_string(i), kOctober + i * kDayMs, "8", 0);
  }
  add("r", kNovember - 1000, "8", 0);
  answers_.record({.id = "hasty",
                   .facts = {.finish_time = support::utc(kOctober + 5000)},
                   .observed_at = kOctober + 5000,
                   .settles_at = support::utc(kOctober + 30'000)});
  cmd::CloseOptions young = options("2026-10");
  young.stale_after = std::chrono::hours(24 * 21);
  EXPECT_EQ(call(cmd::close_period, young), cmd::ExitCode::partly);
  EXPECT_TRUE(told("1 unfinished task (r), to be queried by `reeltally run --pending`;")) << told_;
  EXPECT_TRUE(
      told("7 stale tasks (s1, s2, s3, s4, s5 and 2 more), which --pending skips: query them "
           "once more by `reeltally run --pending --stale-after 52d`, or close "
           "without them by --write-off-stale"))
      << told_;
  EXPECT_TRUE(
      told("1 task whose quota may not be settled yet (hasty), to be queried once more by "
           "`reeltally run --pending`"))
      << told_;
  EXPECT_EQ(std::count(told_.begin(), told_.end(), '\n'), 1) << told_;
  young.write_off_stale = true;
  EXPECT_EQ(call(cmd::close_period, young), cmd::ExitCode::partly) << "r is running";
  EXPECT_FALSE(told("stale")) << told_;
}

TEST_F(CloseRefusals, NamesTheAccountsInTheSuggestedCommands) {
  for (const char* account : {"default", "studio"}) {
    answers_.record({.account = account,
                     .id = account,
                     .state = core::TaskState::unfinished,
                     .facts = {.submit_time = support::utc(kOctober + 1000)},
                     .observed_at = kOctober});
  }
  cmd::CloseOptions own = options("2026-10");
  own.stale_after = std::chrono::hours(24 * 100);
  EXPECT_EQ(call(cmd::close_period, own), cmd::ExitCode::partly);
  EXPECT_TRUE(told("`reeltally run --pending` and `reeltally run --pending --account studio`"))
      << told_;
  own.account = "studio";
  EXPECT_EQ(call(cmd::close_period, own), cmd::ExitCode::partly);
  EXPECT_TRUE(told("`reeltally run --pending --account default` and `reeltally run --pending`"))
      << told_;
}

TEST_F(CloseRefusals, AnUnsettledTaskBlocksItsPeriodUntilItIsQueriedAgain) {
  add("a", kOctober + 1000, "8");
  add("november", kNovember + 1000, "8");
  const auto database = storage::open_for_writing(ledger_);
  database->exec("INSERT INTO unsettled (task, settles_at) SELECT id, 0 FROM task");
  EXPECT_EQ(close("2026-10"), cmd::ExitCode::partly);
  EXPECT_TRUE(told("1 task whose quota may not be settled yet (a)")) << told_;
  database->exec("DELETE FROM unsettled WHERE task = (SELECT id FROM task WHERE task_id = 'a')");
  EXPECT_EQ(close("2026-10"), cmd::ExitCode::ok) << "one of another month is no matter";
}

TEST_F(CloseRefusals, WritesOffStaleTasksByName) {
  add("a", kOctober + 1000, "8");
  add("stale", kOctober + 2000, "8", 0);
  add("november", kNovember + 1000, "8", 0);
  cmd::CloseOptions writing_off = options("2026-10");
  writing_off.write_off_stale = true;
  writing_off.json = true;
  ASSERT_EQ(call(cmd::close_period, writing_off), cmd::ExitCode::ok) << told_;
  EXPECT_TRUE(told("2026-10 is closed without 1 stale task (stale)")) << told_;
  const auto line = nlohmann::json::parse(said_);
  EXPECT_EQ(line.at("written_off"), 1);
  EXPECT_EQ(line.at("unfinished"), 0);
  std::ostringstream out;
  const std::string path = folder_.path("october.csv");
  cmd::write_report({.ledger = ledger_, .period = "2026-10", .output = path}, log_, out);
  const auto manifest = nlohmann::json::parse(support::read_file(path + ".manifest.json"));
  EXPECT_EQ(manifest.at("written_off").dump(), R"([{"account":"default","task_id":"stale"}])");
  // It finishes later.
  answer("stale", 1, {.finish_time = support::utc(kOctober + 3000)}, "at last");
  EXPECT_EQ(costs("2026-11"), "stale 7.2*\n");
}

TEST_F(CloseRefusals, MonthsOfTwoZonesAreRefusedWithTheirHours) {
  add("a", kOctober + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  zone_ = "Europe/Berlin";
  EXPECT_EQ(close("2026-11", true), cmd::ExitCode::partly);
  EXPECT_TRUE(
      told("it overlaps 2026-10, which was closed in UTC, by the 1 hour from "
           "2026-10-31T23:00:00Z to 2026-11-01T00:00:00Z; use --tz UTC"))
      << told_;
  zone_ = "America/New_York";
  EXPECT_EQ(close("2026-11-01"), cmd::ExitCode::partly);
  EXPECT_TRUE(
      told("the 4 hours from 2026-11-01T00:00:00Z to 2026-11-01T04:00:00Z between it and "
           "2026-10, which was closed in UTC, would belong to no period; use --tz UTC"))
      << told_;
  zone_ = "UTC";
  EXPECT_EQ(close("2026-11-01"), cmd::ExitCode::ok) << told_;
}

TEST_F(CloseRefusals, HoursBeforeAClosedMonthMayBeLeftOutByForceAndAreReported) {
  add("a", kOctober + 1000, "8");
  add("between", kOctober - 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  zone_ = "Europe/Berlin";
  EXPECT_EQ(close("2026-09"), cmd::ExitCode::partly);
  EXPECT_TRUE(told("the 2 hours from 2026-09-30T22:00:00Z to 2026-10-01T00:00:00Z")) << told_;
  EXPECT_TRUE(cmd::gap_warnings(ledger_).empty());
  ASSERT_EQ(close("2026-09", true), cmd::ExitCode::ok);
  const std::vector<std::string> warnings = cmd::gap_warnings(ledger_);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(warnings.front().starts_with(
      "the 2 hours from 2026-09-30T22:00:00Z to 2026-10-01T00:00:00Z lie between the closed "
      "periods 2026-09 (Europe/Berlin) and 2026-10 (UTC), with 1 line that no closed period has"))
      << warnings.front();
}

TEST_F(CloseRefusals, AMonthMayBeLeftOutOnlyIfItIsEmpty) {
  constexpr std::int64_t kAugust = kOctober - 61 * kDayMs;
  add("a", kAugust + 1000, "8");
  ASSERT_EQ(close("2026-08"), cmd::ExitCode::ok);
  add("september", kOctober - 2 * kDayMs, "8");
  EXPECT_EQ(close("2026-10"), cmd::ExitCode::partly);
  EXPECT_TRUE(
      told("the 720 hours from 2026-09-01T00:00:00Z to 2026-10-01T00:00:00Z between it and "
           "2026-08 are not closed and hold 1 line; close them first"))
      << told_;
  ASSERT_EQ(close("2026-09"), cmd::ExitCode::ok);
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  EXPECT_TRUE(cmd::gap_warnings(ledger_).empty());
}

TEST_F(CloseRefusals, AnEmptyMonthMayBeLeftOut) {
  add("a", kOctober - 61 * kDayMs + 1000, "8");
  ASSERT_EQ(close("2026-08"), cmd::ExitCode::ok);
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok) << told_;
  EXPECT_TRUE(cmd::gap_warnings(ledger_).empty());
}

}  // namespace
