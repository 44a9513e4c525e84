// Price books with tiers through reports, closings and corrections.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "cmd/close.h"
#include "cmd/report.h"
#include "cmd/report/closed_periods.h"
#include "core/error.h"
#include "storage/sqlite/database.h"
#include "tests/cmd/report/close_fixture.h"

namespace {

using namespace close_fixture;

const std::string kTiers =
    "model,unit,price,currency,from_quantity,to_quantity\n"
    "m,second,0,CNY,,10\nm,second,0.10,CNY,10,20\nm,second,0.08,CNY,20,\n";

class Tiers : public CloseFixture {
 protected:
  Tiers() { prices_ = folder_.write("tiers.csv", kTiers); }

  void add_october() {
    add("b", kOctober + 2 * kDayMs, "4");
    add("a", kOctober + kDayMs, "8");
    add("failed", kOctober + kDayMs, "9", 2);
    add("d", kOctober + 20 * kDayMs, "3");
    add("c", kOctober + 20 * kDayMs, "7");
    add("next", kNovember + 1000, "11");
  }
  std::string told_by(cmd::ReportOptions options) {
    options.ledger = ledger_;
    options.prices = prices_;
    options.delimiter = "|";  // notes have commas
    std::ostringstream out;
    cmd::write_report(options, log_, out);
    return out.str();
  }
  std::string report_of(const std::string& period) { return told_by({.period = period}); }
  // "task quantity cost start" of each line.
  static std::string places(const std::string& report) {
    std::string all;
    for (auto& row : support::csv_table(report, '|')) {
      std::string note = row["cost_note"];
      const std::size_t after = note.find(", after ");
      note =
          after == std::string::npos ? "-" : note.substr(after + 8, note.find(" this") - after - 8);
      all += row["task_id"] + " " + row["quantity"] + " " + row["cost"] + " " + note +
             (row["adjusts"].empty() ? "" : "*") + "; ";
    }
    return all;
  }
};

const std::string kOctoberPlaces = "a 8 0 0; failed  0 -; b 4 0.2 8; c 7 0.7 12; d 3 0.26 19; ";

TEST_F(Tiers, AMonthIsChargedInTheOrderOfItsReport) {
  add_october();
  EXPECT_EQ(places(told_by({.period = "2026-10"})), kOctoberPlaces);
  EXPECT_EQ(places(told_by({.period = "2026-11"})), "next 11 0.1 0; ");
  // Longer periods count each month by itself.
  EXPECT_EQ(places(told_by({.period = "2026"})), kOctoberPlaces + "next 11 0.1 0; ");
}

TEST_F(Tiers, APartOfTheMonthCostsWhatItCostsInTheMonth) {
  add_october();
  answers_.record({.account = "other",
                   .id = "e",
                   .facts = {.submit_time = support::utc(kOctober),
                             .finish_time = support::utc(kOctober + kDayMs + 1),
                             .model = "m",
                             .duration_seconds = "6"},
                   .labels = {{"customer", "B"}},
                   .observed_at = kOctober});
  EXPECT_EQ(places(told_by({.period = "2026-10"})),
            "a 8 0 0; failed  0 -; e 6 0.4 8; b 4 0.4 14; c 7 0.6 18; d 3 0.24 25; ");
  EXPECT_EQ(places(told_by({.period = "2026-10-21"})), "c 7 0.6 18; d 3 0.24 25; ");
  EXPECT_EQ(places(told_by({.period = "2026-10", .account = "other"})), "e 6 0.4 8; ");
  EXPECT_EQ(places(told_by({.period = "2026-10", .account = "default"})),
            "a 8 0 0; failed  0 -; b 4 0.4 14; c 7 0.6 18; d 3 0.24 25; ");
  EXPECT_EQ(places(told_by({.period = "2026-10", .labels = {"customer=B"}})), "e 6 0.4 8; ");
  EXPECT_EQ(places(told_by({.period = "2026-10", .status = "failure"})), "failed  0 -; ");
  EXPECT_EQ(places(told_by({.from = "2026-10-02T00:00:00.001Z", .to = "2026-10-03T00:00:01Z"})),
            "e 6 0.4 8; b 4 0.4 14; ");
  std::string sums;
  for (auto& row :
       support::csv_table(told_by({.period = "2026-10", .by = {"account", "day"}}), '|')) {
    sums += row["account"] + " " + row["day"] + " " + row["tasks"] + " " + row["cost"] + "; ";
  }
  EXPECT_EQ(sums,
            "default 2026-10-02 2 0; default 2026-10-03 1 0.4; default 2026-10-21 2 0.84; "
            "other 2026-10-02 1 0.4; ");
}

TEST_F(Tiers, AClosedMonthKeepsItsPlaces) {
  add_october();
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok) << told_;
  EXPECT_EQ(places(report_of("2026-10")), kOctoberPlaces);
  EXPECT_TRUE(cmd::check_closed_periods(ledger_).empty());
  // The months after it count from 0, and its lines do not move.
  prices_ = folder_.write("tiers.csv", "model,unit,price,currency\nm,second,7,CNY\n");
  EXPECT_EQ(places(report_of("2026-10")), kOctoberPlaces);
}

TEST_F(Tiers, ACorrectionBeginsWhereTheLineBegan) {
  add_october();
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok) << told_;
  answer("b", 1, {.duration_seconds = "13"}, "b is longer");
  EXPECT_EQ(places(report_of("2026-11")), "b -4 -0.2 8*; b 13 1.08 8*; next 11 0.1 0; ");
  answer("b", 1, {.duration_seconds = "4.0"}, "b is as before");
  EXPECT_EQ(places(report_of("2026-11")), "next 11 0.1 0; ");
  answer("b", 1, {.duration_seconds = "13"}, "b is longer again");
  answer("failed", 1, {.duration_seconds = "9"}, "it succeeded after all");
  // It had no place: it begins where the month ends, with the corrections.
  const std::string november =
      "b -4 -0.2 8*; b 13 1.08 8*; failed  0 -*; failed 9 0.72 31*; next 11 0.1 0; ";
  EXPECT_EQ(places(report_of("2026-11")), november);
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok) << told_;
  EXPECT_EQ(places(report_of("2026-11")), november);
  EXPECT_TRUE(cmd::check_closed_periods(ledger_).empty());
  // The corrected lines are corrected again, from the same places.
  answer("failed", 1, {.duration_seconds = "1"}, "it was shorter");
  answer("b", 1, {.duration_seconds = "3"}, "b is shorter");
  EXPECT_EQ(places(report_of("2026-12")),
            "b -13 -1.08 8*; b 3 0.1 8*; failed -9 -0.72 31*; failed 1 0.08 31*; ");
}

TEST_F(Tiers, ALateTaskBeginsWhereItsMonthEnded) {
  add_october();
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok) << told_;
  add("late2", kOctober + 2 * kDayMs, "5");
  add("late1", kOctober + 3 * kDayMs, "6");
  answers_.record({.account = "other",
                   .id = "late0",
                   .facts = {.submit_time = support::utc(kOctober),
                             .finish_time = support::utc(kOctober + kDayMs),
                             .model = "m",
                             .duration_seconds = "1"},
                   .observed_at = kNovember});
  // By their own times, whatever their IDs are.
  const std::string november =
      "late0 1 0.08 22*; late1 6 0.48 28*; late2 5 0.4 23*; next 11 0.1 0; ";
  EXPECT_EQ(places(report_of("2026-11")), november);
  EXPECT_EQ(places(told_by({.period = "2026-11", .account = "other"})), "late0 1 0.08 22*; ");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok) << told_;
  EXPECT_EQ(places(report_of("2026-11")), november);
  EXPECT_TRUE(cmd::check_closed_periods(ledger_).empty());
  add("late3", kOctober + 1000, "2");
  EXPECT_EQ(places(report_of("2026-12")), "late3 2 0.16 34*; ");
}

TEST_F(Tiers, OnlyAMonthIsClosedWithThem) {
  add_october();
  for (const char* period : {"2026-10-02", "2026-W41", "2026"}) {
    try {
      (void)close(period, true);
      ADD_FAILURE() << period;
    } catch (const core::UsageError& refusal) {
      EXPECT_NE(std::string(refusal.what()).find("close a month such as 2026-10"),
                std::string::npos);
    }
  }
  EXPECT_EQ(places(report_of("2026-10")), kOctoberPlaces);
}

const std::string kDearerTiers =
    "model,unit,price,currency,from_quantity,to_quantity\n"
    "m,second,0.20,CNY,,10\nm,second,0.10,CNY,10,\n";

TEST_F(Tiers, OtherPricesChargeTheMonthAnewInItsOrder) {
  add_october();
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok) << told_;
  prices_ = folder_.write("dearer.csv", kDearerTiers);
  ASSERT_EQ(call(cmd::reprice_period, options("2026-10")), cmd::ExitCode::ok) << told_;
  EXPECT_EQ(said_,
            "2026-10 is repriced: 3 lines cost a different amount (CNY +2.04), as adjustments of "
            "2026-11\n");
  // The cost of c stays, and so do its place and the tier.
  const std::string november =
      "a -8 0 0*; a 8 1.6 0*; b -4 -0.2 8*; b 4 0.6 8*; d -3 -0.26 19*; d 3 0.3 19*; "
      "next 11 2.1 0; ";
  EXPECT_EQ(places(report_of("2026-11")), november);
  EXPECT_EQ(places(told_by({.period = "2026-11", .account = "default"})), november);
  EXPECT_EQ(places(report_of("2026-10")), kOctoberPlaces);
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok) << told_;
  EXPECT_EQ(places(report_of("2026-11")), november);
  EXPECT_TRUE(cmd::check_closed_periods(ledger_).empty());
  ASSERT_EQ(call(cmd::reprice_period, options("2026-10")), cmd::ExitCode::ok);
  EXPECT_NE(said_.find("has these prices already: 0 lines"), std::string::npos) << said_;
  EXPECT_EQ(places(report_of("2026-12")), "");
  // What comes later is charged by them.
  add("late", kOctober + 1000, "2");
  answer("b", 1, {.duration_seconds = "1"}, "b is shorter");
  EXPECT_EQ(places(report_of("2026-12")), "b -4 -0.6 8*; b 1 0.2 8*; late 2 0.2 19*; ");
}

// A line that costs the same, at the same place, may add another quantity to its ladder.
TEST_F(Tiers, AFreeLineMovesWithItsQuantity) {
  add_october();
  const std::string columns = "model,unit,price,currency,minimum,from_quantity,to_quantity\n";
  prices_ = folder_.write("free.csv", columns + "m,second,0,CNY,,,30\nm,second,1,CNY,,30,\n");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok) << told_;
  prices_ = folder_.write("least.csv", columns + "m,second,0,CNY,5,,30\nm,second,1,CNY,5,30,\n");
  ASSERT_EQ(call(cmd::reprice_period, options("2026-10")), cmd::ExitCode::ok) << told_;
  EXPECT_NE(said_.find(": 0 lines cost a different amount"), std::string::npos) << said_;
  EXPECT_EQ(places(report_of("2026-11")),
            "b -4 0 8*; b 5 0 8*; c -7 0 12*; c 7 0 13*; d -3 0 19*; d 5 0 20*; next 11 0 0; ");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok) << told_;
  add("late", kOctober + 1000, "10");
  EXPECT_EQ(places(report_of("2026-12")), "late 10 5 25*; ");
  EXPECT_TRUE(cmd::check_closed_periods(ledger_).empty());
}

TEST_F(Tiers, TheSamePricesGiveTheSamePlaces) {
  add_october();
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok) << told_;
  add("early", kOctober + 1000, "5");
  answer("failed", 1, {.duration_seconds = "9"}, "it succeeded after all");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok) << told_;
  add("earlier", kOctober + 500, "1");
  const std::string december = places(report_of("2026-12"));
  EXPECT_EQ(december, "earlier 1 0.08 36*; ");
  const std::string tiers = prices_;
  for (const std::string& other :
       {folder_.write("dearer.csv", kDearerTiers), book("m,second,,,2,CNY,,\n")}) {
    prices_ = other;
    ASSERT_EQ(call(cmd::reprice_period, options("2026-10")), cmd::ExitCode::ok) << told_;
    EXPECT_NE(places(report_of("2026-12")), december);
    prices_ = tiers;
    ASSERT_EQ(call(cmd::reprice_period, options("2026-10")), cmd::ExitCode::ok) << told_;
    EXPECT_EQ(places(report_of("2026-12")), december);
  }
}

TEST_F(Tiers, PricesWithoutTiersReplaceThem) {
  add_october();
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  ASSERT_EQ(reprice("2026-10", "m,second,,,0.10,CNY,,\n"), cmd::ExitCode::ok) << told_;
  EXPECT_EQ(places(report_of("2026-11")),
            "a -8 0 0*; a 8 0.8 -*; b -4 -0.2 8*; b 4 0.4 -*; d -3 -0.26 19*; d 3 0.3 -*; "
            "next 11 0.1 0; ");
  ASSERT_EQ(close("2026-11", true), cmd::ExitCode::ok);
  // Then tiers again: each line gets its place.
  ASSERT_EQ(call(cmd::reprice_period, options("2026-10")), cmd::ExitCode::ok) << told_;
  EXPECT_EQ(places(report_of("2026-12")),
            "a -8 -0.8 -*; a 8 0 0*; b -4 -0.4 -*; b 4 0.2 8*; d -3 -0.3 -*; d 3 0.26 19*; ");
  ASSERT_EQ(close("2026-12", true), cmd::ExitCode::ok);
  EXPECT_TRUE(cmd::check_closed_periods(ledger_).empty());
}

TEST_F(Tiers, OnlyAMonthIsRepricedWithThem) {
  add_october();
  const std::string tiers = prices_;
  prices_ = book("m,second,,,1,CNY,,\n");
  ASSERT_EQ(close("2026-10-02", true), cmd::ExitCode::ok);
  prices_ = tiers;
  EXPECT_THROW((void)call(cmd::reprice_period, options("2026-10-02")), core::UsageError);
}

TEST_F(Tiers, OnlyAMonthIsSoldWithThem) {
  add_october();
  cmd::CloseOptions day = options("2026-10-02", true);
  day.prices = book("m,second,,,1,CNY,,\n");
  day.resale = prices_;
  EXPECT_THROW((void)call(cmd::close_period, day), core::UsageError);
}

// Its places in the tiers were not kept.
TEST_F(Tiers, AMonthThatWasClosedWithoutResaleHasNone) {
  add_october();
  const std::string tiers = prices_;
  prices_ = book("m,second,,,1,CNY,,\n");
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  answer("b", 1, {.duration_seconds = "13"}, "b is longer");
  std::string sold;
  for (const char* month : {"2026-10", "2026-11"}) {
    for (auto& row : support::csv_table(told_by({.period = month, .resale = tiers}), '|')) {
      sold += row["task_id"] + " " + row["resale"] + " " + row["resale_note"].substr(0, 21) + "; ";
    }
  }
  EXPECT_EQ(sold,
            "a  the price depends on ; failed 0 ; b  the price depends on ; c  the price depends "
            "on ; d  the price depends on ; b  the price depends on ; b  the price depends on ; "
            "next 0.1 tiers of line 2, afte; ");
}

TEST_F(Tiers, AChangedPlaceIsNoticed) {
  add_october();
  ASSERT_EQ(close("2026-10"), cmd::ExitCode::ok);
  alter("UPDATE report_line SET cost_note = replace(cost_note, 'after 12', 'after 13')");
  const auto findings = cmd::check_closed_periods(ledger_);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings.front().find("SHA-256"), std::string::npos) << findings.front();
  std::ostringstream out;
  EXPECT_THROW(cmd::write_report({.ledger = ledger_, .period = "2026-10"}, log_, out), core::Error);
}

}  // namespace
