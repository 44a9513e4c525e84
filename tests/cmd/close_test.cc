#include "cmd/close.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/report.h"
#include "core/billing/billing_source.h"
#include "core/billing/reports.h"
#include "core/files/sha256.h"
#include "storage/open_ledger.h"
#include "storage/sqlite/database.h"
#include "tests/cmd/report/close_fixture.h"

namespace {

using namespace close_fixture;

class CloseTest : public CloseFixture {};

TEST_F(CloseTest, FreezesTheReportByteForByte) {
  add("a", kOctober + 1000, "8");
  add("b", kOctober + 2000, "5", 2);
  add("c", kNovember - 1000, "5");  // in Shanghai of November
  const std::string before = report("2026-10");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  EXPECT_EQ(report("2026-10"), before);
  core::Sha256 hash;
  hash.update(before);
  EXPECT_NE(said_.find(core::hex(hash.finish())), std::string::npos) << said_;
  // Whatever happens to its tasks, labels, raw answers or the file itself.
  answers_.record({.id = "a",
                   .facts = {.model = "other", .duration_seconds = "9"},
                   .labels = {{"x", "y"}},
                   .observed_at = kNovember,
                   .body = "new"});
  add("late", kOctober + 3000, "7");
  storage::open_for_writing(ledger_)->exec("VACUUM");
  EXPECT_EQ(report("2026-10"), before);
  EXPECT_EQ(report("2026-10", "Asia/Shanghai"), before) << "its own zone stands";
  prices_.clear();
  EXPECT_EQ(report("2026-10"), before) << "its own prices stand";
}

// A task stays charged under the account for which a closed period charged it.
TEST_F(CloseTest, ATaskOfTwoAccountsIsChargedOnceWhateverIsClosedBetween) {
  const auto add_under = [&](const std::string& account, const std::string& id,
                             core::TaskState state = core::TaskState::succeeded,
                             const std::string& body = "") {
    answers_.record({.account = account,
                     .id = id,
                     .state = state,
                     .facts = {.finish_time = support::utc(kOctober + 1000),
                               .model = "m",
                               .duration_seconds = "5"},
                     .observed_at = kOctober,
                     .body = body});
  };
  add_under("first", "both");
  add_under("second", "both");
  add_under("first", "late", core::TaskState::unfinished);
  add_under("second", "late");
  const std::string october = costs("2026-10");
  EXPECT_EQ(october, "both 4.5\nboth 0\nlate 4.5\n");
  ASSERT_EQ(close("2026-10", true), cmd::ExitCode::ok);
  add_under("first", "late");  // seen first under its account, but October has charged the other
  EXPECT_EQ(costs("2026-10"), october);
  EXPECT_EQ(costs("2026-11"), "late 0*\n");
  add_under("first", "both", core::TaskState::succeeded, "the same in other bytes");
  EXPECT_EQ(costs("2026-11"), "late 0*\n");
}

TEST_F(CloseTest, LaterAnswersAdjustTheNextOpenPeriod) {
  add("a", kOctober + 1000, "8");
  add("b", kOctober + 2000, "5");
  add("november", kNovember + 1000, "1");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-11"), "november 0.9\n");
  answer("a", 1, {.duration_seconds = "10"}, "longer");
  answer("b", 2, {}, "refunded");
  add("late", kOctober + 3000, "7");
  EXPECT_EQ(costs("2026-11"), "a -7.2*\na 9*\nb -4.5*\nb 0*\nlate 6.3*\nnovember 0.9\n");
  // An equal answer changes nothing; an answer that revokes the first one reverses everything.
  answer("a", 1, {}, "the same again");
  EXPECT_EQ(costs("2026-11"), "a -7.2*\na 9*\nb -4.5*\nb 0*\nlate 6.3*\nnovember 0.9\n");
  answer("a", 1, {.duration_seconds = "8"}, "as before");
  EXPECT_EQ(costs("2026-11"), "b -4.5*\nb 0*\nlate 6.3*\nnovember 0.9\n");
}

TEST_F(CloseTest, AdjustmentsAreFrozenWithTheirPeriodAndAdjustedAgain) {
  add("a", kOctober + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  answer("a", 1, {.duration_seconds = "10"}, "second");
  const std::string november = report("2026-11");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  EXPECT_EQ(report("2026-11"), november);
  EXPECT_EQ(costs("2026-12"), "");
  // Corrections that are closed are not searched again.
  const std::vector<core::ClosedPeriod> closed =
      core::Reports(storage::open_billing_source(ledger_)).closed_periods();
  EXPECT_EQ(closed.at(0).checked_to, 2);
  EXPECT_EQ(closed.at(1).checked_to, 2);
  answer("a", 1, {.duration_seconds = "11"}, "third");
  EXPECT_EQ(report("2026-11"), november);
  EXPECT_EQ(costs("2026-12"), "a -9*\na 9.9*\n");
}

TEST_F(CloseTest, AdjustmentsUseThePricesOfTheClosedPeriod) {
  add("a", kOctober + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  prices_ = folder_.write("dearer.csv",
                          "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"
                          "m,second,,,2,CNY,,\n");
  add("november", kNovember + 1000, "1");
  answer("a", 1, {.duration_seconds = "10"}, "second");
  EXPECT_EQ(costs("2026-11"), "a -7.2*\na 9*\nnovember 2\n");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  answer("a", 1, {.duration_seconds = "11"}, "third");
  EXPECT_EQ(costs("2026-12"), "a -9*\na 9.9*\n") << "also in the second adjustment";
}

TEST_F(CloseTest, RoundsFrozenLinesAndTheirReversalsAlike) {
  add("a", kOctober + 1000, "5");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  answer("a", 1, {.duration_seconds = "10"}, "second");
  const auto rounded = [this](const std::string& period) {
    std::ostringstream out;
    cmd::write_report({.ledger = ledger_, .period = period, .round = core::Rounding{0}}, log_, out);
    std::string all;
    for (auto& row : support::csv_table(out.str())) {
      all += row["cost"] + " ";
    }
    return all;
  };
  EXPECT_EQ(rounded("2026-10"), "4 ") << "of 4.5";
  EXPECT_EQ(rounded("2026-11"), "-4 9 ");
}

TEST_F(CloseTest, TheManifestCountsTasksNetAndReversalsNotAsUnpriced) {
  prices_ = folder_.write("none.csv", "model,unit,price,currency\n");
  add("a", kOctober + 1000, "5");
  ASSERT_EQ(close("2026-10", true), cmd::ExitCode::ok);
  answer("a", 2, {}, "refunded");
  std::ostringstream out;
  const std::string path = folder_.path("november.csv");
  cmd::write_report({.ledger = ledger_, .period = "2026-11", .output = path}, log_, out);
  const auto manifest = nlohmann::json::parse(support::read_file(path + ".manifest.json"));
  EXPECT_EQ(manifest.at("rows"), 2);
  EXPECT_EQ(manifest.at("tasks"), 0);
  EXPECT_EQ(manifest.at("unpriced"), 0) << "what takes an unpriced line back leaves no gap";
  out.str("");
  cmd::write_report({.ledger = ledger_, .period = "2026-11", .by = {"model"}}, log_, out);
  const auto groups = support::csv_table(out.str());
  ASSERT_EQ(groups.size(), 1U) << out.str();
  EXPECT_EQ(groups.front().at("tasks"), "0");
  EXPECT_EQ(groups.front().at("unpriced"), "0");
}

TEST_F(CloseTest, AClosedPeriodAndItsAdjustmentsCanBeFilteredByAccount) {
  add("a", kOctober + 1000, "5");
  answers_.record({.account = "studio",
                   .id = "s",
                   .facts = {.finish_time = support::utc(kOctober + 2000),
                             .model = "m",
                             .duration_seconds = "7"},
                   .labels = {{"film", "x"}},
                   .observed_at = kOctober});
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  EXPECT_NE(said_.find("2 lines"), std::string::npos) << "closed for all accounts: " << said_;
  answer("a", 1, {.duration_seconds = "6"}, "corrected");
  const auto rows_of = [this](const std::string& period, const std::string& account) {
    std::ostringstream out;
    cmd::write_report({.ledger = ledger_, .period = period, .account = account}, log_, out);
    return support::csv_table(out.str());
  };
  const auto studio = rows_of("2026-10", "studio");
  ASSERT_EQ(studio.size(), 1U);
  EXPECT_EQ(studio.front().at("task_id"), "s");
  EXPECT_EQ(studio.front().at("label_film"), "x");
  const auto own = rows_of("2026-10", "default");
  ASSERT_EQ(own.size(), 1U);
  EXPECT_FALSE(own.front().contains("label_film")) << "the other account's labels are its own";
  EXPECT_EQ(rows_of("2026-11", "default").size(), 2U);
  EXPECT_EQ(rows_of("2026-11", "studio").size(), 0U);
}

// FOCUS, ChargeClass: "Correction" for a row about an invoiced period, null for others.
TEST_F(CloseTest, FocusMarksOnlyAdjustmentsAsCorrections) {
  add("a", kOctober + 1000, "5");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  answer("a", 1, {.duration_seconds = "6"}, "corrected");
  add("late", kOctober + 2000, "2");
  add("new", kNovember + 1000, "3");
  const auto classes = [this](const std::string& period) {
    std::ostringstream out;
    cmd::write_report({.ledger = ledger_,
                       .period = period,
                       .format = "focus",
                       .prices = prices_,
                       .delimiter = ";"},
                      log_, out);
    std::string all;
    for (auto& row : support::csv_table(out.str(), ';')) {
      all += row["ResourceId"] + " " + row["BilledCost"] + " " + row["ChargeClass"] + " of " +
             row["ChargePeriodStart"].substr(0, 7) + "\n";
    }
    return all;
  };
  EXPECT_EQ(classes("2026-10"), "a 4.5  of 2026-10\n");
  EXPECT_EQ(classes("2026-11"),
            "a -4.5 Correction of 2026-10\na 5.4 Correction of 2026-10\n"
            "late 1.8 Correction of 2026-10\nnew 2.7  of 2026-11\n");
}

TEST_F(CloseTest, ALateTaskBecomesExactlyOneLine) {
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  add("late", kOctober + 1, "10");
  EXPECT_EQ(costs("2026-10"), "");
  EXPECT_EQ(costs("2026-11"), "late 9*\n");
  EXPECT_NE(report("2026-11").find(",2026-10,"), std::string::npos) << "names the closed period";
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  EXPECT_EQ(costs("2026-12"), "");
  answer("late", 2, {}, "refunded");
  EXPECT_EQ(costs("2026-12"), "late -9*\nlate 0*\n");
}

TEST_F(CloseTest, ClosingAgainChangesNothing) {
  add("a", kOctober + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  const std::string first = said_.substr(said_.rfind(' '));
  zone_ = "Europe/Berlin";
  EXPECT_EQ(close("2026-10"), cmd::ExitCode::ok);
  EXPECT_EQ(said_.substr(said_.rfind(' ')), first);
  EXPECT_NE(said_.find("was closed before"), std::string::npos);
}

TEST_F(CloseTest, RefusesAPeriodThatOverlapsOrIsNotOver) {
  add("a", kOctober + 1000, "8");
  add("open", kOctober + 1000, "8", 0);
  EXPECT_EQ(close("2026-10"), cmd::ExitCode::partly);
  EXPECT_EQ(close("2026-11"), cmd::ExitCode::partly) << "not over";
  EXPECT_TRUE(core::Reports(storage::open_billing_source(ledger_)).closed_periods().empty());
  EXPECT_EQ(close("2026-10", true), cmd::ExitCode::ok);
  EXPECT_EQ(close("2026-10-05"), cmd::ExitCode::partly);
  EXPECT_EQ(close("2026", true), cmd::ExitCode::partly);
  zone_ = "Asia/Shanghai";
  EXPECT_EQ(close("2026-10-31", true), cmd::ExitCode::partly);
  EXPECT_EQ(core::Reports(storage::open_billing_source(ledger_)).closed_periods().size(), 1U);
}

TEST_F(CloseTest, AnAbandonedClosingLeavesNothing) {
  add("a", kOctober + 1000, "8");
  add("b", kOctober + 2000, "8");
  const std::string before = report("2026-10");
  {
    core::Reports reports(storage::open_billing_source(ledger_));
    const core::TimeZone utc("UTC");
    const core::Period october = core::parse_period("2026-10", utc);
    const auto closing = reports.source().close({.period = october, .zone = "UTC"}, kNow);
    reports.each_line({.begin = october.begin, .end = october.end}, {}, utc,
                      [&](const core::ReportLine& line) { closing->add(line); });
  }
  EXPECT_TRUE(core::Reports(storage::open_billing_source(ledger_)).closed_periods().empty());
  EXPECT_EQ(report("2026-10"), before);
  EXPECT_EQ(close("2026-10"), cmd::ExitCode::ok);
}

TEST_F(CloseTest, ATaskWithoutAFinishTimeIsAdjustedAndLateToo) {
  const auto add_without = [this](const std::string& id, std::int64_t observed_at) {
    answers_.record(
        {.id = id, .facts = {.model = "m", .duration_seconds = "10"}, .observed_at = observed_at});
  };
  add_without("a", kOctober + 1000);
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  add_without("late", kOctober + 2000);
  add_without("november", kNovember + 1000);
  answer("a", 1, {.duration_seconds = "20"}, "longer");
  EXPECT_EQ(costs("2026-10"), "a 9\n");
  EXPECT_EQ(costs("2026-11"), "a -9*\na 18*\nlate 9*\nnovember 9\n");
}

TEST_F(CloseTest, AFinishTimeThatMovesOutOfTheClosedPeriodIsAdjustedOnce) {
  add("a", kOctober + 1000, "8");
  add("b", kOctober + 2000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  const core::UtcTime november = support::utc(kNovember + 1000);
  answer("a", 1, {.finish_time = november, .duration_seconds = "9"}, "moved");
  answer("b", 1, {.finish_time = november}, "moved, says the same");
  EXPECT_EQ(costs("2026-10"), "a 7.2\nb 7.2\n");
  EXPECT_EQ(costs("2026-11"), "a -7.2*\na 8.1*\n");
}

TEST_F(CloseTest, WarnsOfHoursBetweenTwoZones) {
  zone_ = "Europe/Berlin";
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  cmd::Log log{{.level = cmd::LogLevel::warning}};
  const auto warned = [&](const std::string& period, const std::string& zone) {
    testing::internal::CaptureStderr();
    std::ostringstream out;
    cmd::write_report({.ledger = ledger_, .period = period, .zone = zone}, log, out);
    return testing::internal::GetCapturedStderr().find("--tz Europe/Berlin") != std::string::npos;
  };
  EXPECT_TRUE(warned("2026-11", ""));
  EXPECT_FALSE(warned("2026-11", "Europe/Berlin"));
  EXPECT_FALSE(warned("2026-10", "")) << "its own zone is taken";
}

TEST_F(CloseTest, ByDayAndByMonthMeetInTheOpenPartOnly) {
  add("a", kOctober + 1000, "8");
  add("b", kNovember + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  ASSERT_EQ(close("2026-11-01"), cmd::ExitCode::ok);
  answer("a", 2, {}, "refunded");
  answer("b", 2, {}, "refunded");
  EXPECT_EQ(costs("2026-11-01"), "b 7.2\n");
  EXPECT_EQ(costs("2026-11-02"), "b -7.2*\nb 0*\n") << "the next open day";
  EXPECT_EQ(costs("2026-12"), "a -7.2*\na 0*\n") << "the next month without a closed day";
  EXPECT_EQ(costs("2026"), "a 7.2\nb 7.2\nb -7.2*\nb 0*\na -7.2*\na 0*\n");
}

TEST_F(CloseTest, FrozenRowsCannotBeTouched) {
  add("a", kOctober + 1000, "8");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  const auto database = storage::open_for_writing(ledger_);
  for (const char* sql : {"DELETE FROM period", "DELETE FROM report_line",
                          "UPDATE period SET sha256 = ''", "UPDATE report_line SET cost = '0'"}) {
    EXPECT_THROW(database->exec(sql), SQLite::Exception) << sql;
  }
}

}  // namespace
