#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/close.h"
#include "cmd/history/task_cost.h"
#include "cmd/report/closed_periods.h"
#include "core/error.h"
#include "storage/sqlite/database.h"
#include "tests/cmd/report/close_fixture.h"

namespace {

using namespace close_fixture;

class Reprice : public CloseFixture {};

TEST_F(Reprice, OtherPricesBecomeAdjustmentsOfTheNextOpenPeriod) {
  add("a", kOctober + 1000, "8");
  add("b", kOctober + 2000, "5");
  answer("b", 1, {.model = "other"}, "b of another model");
  add("failed", kOctober + 3000, "5", 2);
  prices_ = book("m,second,,,0.9,CNY,,\nother,second,,,1,USD,,\n");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  const std::string october = report("2026-10");
  json_ = true;
  const std::string rows = "m,second,,,1.1,CNY,,\nother,second,,,1,USD,,\n";
  ASSERT_EQ(reprice("2026-10", rows), cmd::ExitCode::ok);
  const auto told = nlohmann::json::parse(said_);
  EXPECT_EQ(told.at("type"), "reprice");
  EXPECT_EQ(told.at("result"), "is repriced");
  EXPECT_EQ(told.at("adjusts_in"), "2026-11");
  EXPECT_EQ(told.at("lines"), 1);
  EXPECT_EQ(told.at("totals").at("CNY"), 1.6);
  EXPECT_EQ(report("2026-10"), october);
  const auto lines = support::csv_table(report("2026-11"));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("cost"), "-7.2");
  EXPECT_EQ(lines[0].at("duration_seconds"), "-8");
  EXPECT_EQ(lines[0].at("cost_note"), "reversal; repriced");
  EXPECT_EQ(lines[1].at("cost"), "8.8");
  EXPECT_EQ(lines[1].at("unit_price"), "1.1");
  EXPECT_EQ(lines[1].at("cost_note"), "repriced");
  EXPECT_EQ(lines[1].at("adjusts"), lines[0].at("adjusts"));
  EXPECT_EQ(lines[1].at("line_id"), lines[1].at("adjusts") + "-r2");
  // The same book again changes nothing.
  ASSERT_EQ(reprice("2026-10", rows), cmd::ExitCode::ok);
  EXPECT_EQ(nlohmann::json::parse(said_).at("result"), "has these prices already");
  EXPECT_EQ(support::csv_table(report("2026-11")).size(), 2U);
  // The old prices reverse everything while the corrections are in no closed period.
  ASSERT_EQ(reprice("2026-10", "m,second,,,0.9,CNY,,\nother,second,,,1,USD,,\n"),
            cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-11"), "");
}

TEST_F(Reprice, ASecondRepricingCorrectsTheCurrentLines) {
  add("a", kOctober + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  ASSERT_EQ(reprice("2026-10", "m,second,,,1,CNY,,\n"), cmd::ExitCode::ok);
  const std::string november = report("2026-11");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  EXPECT_EQ(report("2026-11"), november);
  EXPECT_EQ(costs("2026-12"), "") << "what is closed is settled";
  ASSERT_EQ(reprice("2026-10", "m,second,,,1,CNY,,\n"), cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-12"), "");
  ASSERT_EQ(reprice("2026-10", "m,second,,,2,CNY,,\n"), cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-12"), "a -8*\na 16*\n");
  ASSERT_EQ(close("2026-12", true), cmd::ExitCode::ok);
  ASSERT_EQ(reprice("2026-10", "m,second,,,0.9,CNY,,\n"), cmd::ExitCode::ok);
  const auto lines = support::csv_table(report("2027-01"));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].at("line_id").ends_with("-r3-reversal")) << lines[0].at("line_id");
  EXPECT_TRUE(lines[1].at("line_id").ends_with("-r4")) << lines[1].at("line_id");
  EXPECT_TRUE(cmd::check_closed_periods(ledger_).empty());
}

// What the prices change is told, not what changed since the closing.
TEST_F(Reprice, AChangedAnswerIsNoBaseline) {
  add("a", kOctober + 1000, "8");
  add("b", kOctober + 2000, "5");
  answer("a", 1, {.model = "new"}, "a of a model without a price");
  ASSERT_EQ(close("2026-10", true), cmd::ExitCode::ok);
  answer("a", 1, {.duration_seconds = "10"}, "and it is longer");
  answer("b", 1, {.duration_seconds = "6"}, "b is longer, too");
  ASSERT_EQ(reprice("2026-10", "m,second,,,0.90,CNY,,\nnew,second,,,2,CNY,,\n"), cmd::ExitCode::ok);
  EXPECT_EQ(said_,
            "2026-10 is repriced: 1 line costs a different amount (CNY +20), as adjustments of "
            "2026-11\n");
  EXPECT_EQ(costs("2026-11"), "a *\na 20*\nb -4.5*\nb 5.4*\n");
  ASSERT_EQ(reprice("2026-10", "m,second,,,0.90,CNY,,\n"), cmd::ExitCode::ok) << told_;
  EXPECT_TRUE(said_.find("is repriced: 0 lines cost") != std::string::npos) << said_;
}

TEST_F(Reprice, OtherPricesApplyToLaterAnswersToo) {
  add("a", kOctober + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  ASSERT_EQ(reprice("2026-10", "m,second,,,2,CNY,,\n"), cmd::ExitCode::ok);
  add("late", kOctober + 2000, "5");
  answer("a", 1, {.duration_seconds = "10"}, "longer");
  EXPECT_EQ(costs("2026-11"), "a -7.2*\na 20*\nlate 10*\n");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  answer("a", 1, {.duration_seconds = "11"}, "longer still");
  EXPECT_EQ(costs("2026-12"), "a -20*\na 22*\n");
}

// Prices depend on the day; an adjustment is placed at the beginning of another month.
TEST_F(Reprice, ARepricedLineHasThePriceOfItsOwnDay) {
  add("a", kOctober + 1000, "8");
  add("b", kOctober + 20 * kDayMs, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  const std::string rows = "m,second,,,1,CNY,,2026-10-15\nm,second,,,2,CNY,2026-10-16,\n";
  ASSERT_EQ(reprice("2026-10", rows), cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-11"), "a -7.2*\na 8*\nb -7.2*\nb 16*\n");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  ASSERT_EQ(reprice("2026-10", rows + "x,second,,,1,CNY,,\n"), cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-12"), "") << "the same prices in another book";
}

// After the end, an answer that is not final may name another model (gateway.md T23).
TEST_F(Reprice, OtherPricesChargeTheFrozenTaskNotItsCurrentRow) {
  add("a", kOctober + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  storage::open_for_writing(ledger_)->exec("UPDATE task SET model = 'dear'");
  ASSERT_EQ(reprice("2026-10", "m,second,,,1,CNY,,\ndear,second,,,100,CNY,,\n"), cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-11"), "a -7.2*\na 8*\n");
}

// What `status` says of a task.
TEST_F(Reprice, TheCostOfATaskNamesThePeriodThatMayCorrectIt) {
  add("a", kOctober + 1000, "8");
  const auto cost = [this] { return cmd::costs_of(ledger_, nullptr, 1); };
  const auto is = [](const char* text) { return std::vector<std::string>{text}; };
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  EXPECT_EQ(cost(), is("7.2 CNY (closed)"));
  ASSERT_EQ(reprice("2026-10", "m,second,,,9,CNY,,\n"), cmd::ExitCode::ok);
  EXPECT_EQ(cost(), is("7.2 CNY (closed, then 2026-10 was repriced; any corrections are in "
                       "2026-11)"));
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  EXPECT_EQ(cost(), is("72 CNY (closed)"));
  answer("a", 1, {.duration_seconds = "10"}, "longer");
  EXPECT_EQ(cost(), is("72 CNY (closed, then answered anew; any corrections are in 2026-12)"));
}

TEST_F(Reprice, TheAmountToldIsOfLinesRoundedAsTheMonthWasClosed) {
  for (const char* id : {"a", "b", "c"}) {
    add(id, kOctober + 1000, "10");
  }
  prices_ = book("m,second,,,0.3333,CNY,,\n");
  cmd::CloseOptions rounded = options("2026-10");
  rounded.round = core::Rounding{.places = 2};
  ASSERT_EQ(call(cmd::close_period, rounded), cmd::ExitCode::ok);
  ASSERT_EQ(reprice("2026-10", "m,second,,,0.3336,CNY,,\n"), cmd::ExitCode::ok);
  EXPECT_TRUE(said_.find("(CNY +0.03)") != std::string::npos) << said_;
  EXPECT_EQ(costs("2026-11"), "a -3.33*\na 3.34*\nb -3.33*\nb 3.34*\nc -3.33*\nc 3.34*\n");
}

TEST_F(Reprice, ARepricingIsRefusedForAnOpenPeriodAndIfALineWouldLoseItsCost) {
  add("a", kOctober + 1000, "8");
  EXPECT_EQ(reprice("2026-10", "m,second,,,1,CNY,,\n"), cmd::ExitCode::partly);
  EXPECT_TRUE(told("cannot reprice 2026-10: it is not closed")) << told_;
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  EXPECT_EQ(reprice("2026-10", "other,second,,,1,CNY,,\n"), cmd::ExitCode::partly);
  EXPECT_TRUE(told("1 line has no cost (model m, 1 line: repriced; no price for this model)"))
      << told_;
  EXPECT_EQ(costs("2026-11"), "");
  EXPECT_EQ(reprice("2026-10", "other,second,,,1,CNY,,\n", true), cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-11"), "a -7.2*\na *\n");
  std::ostringstream out;
  EXPECT_THROW(cmd::reprice_period({.ledger = ledger_, .period = "2026-10"}, kNow, log_, out),
               core::UsageError);
}

}  // namespace
