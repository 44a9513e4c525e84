// How reports show money that is unknown, not refunded, not yet due or corrected.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "cmd/cli/exit_code.h"
#include "cmd/close.h"
#include "cmd/report.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/csv_table.h"
#include "tests/support/temp_dir.h"

namespace {

// 2026-10-05T00:00:00Z.
constexpr std::int64_t kDay = 1'791'158'400'000;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr core::UtcTime kInDecember{std::chrono::milliseconds(kDay + 60 * kDayMs)};

const std::string kPrices =
    "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"
    "happy*,second,,720,0.90,CNY,,\n"
    "seed*,mtoken,,,46,CNY,,\n"
    "seed*,sr_mtoken,,,2.5,USD,,\n";

using core::TaskState;
using support::utc;

class ReportMoneyTest : public testing::Test {
 protected:
  ReportMoneyTest() {
    options_.ledger = ledger_;
    options_.period = "2026-10";
    options_.prices = folder_.write("prices.csv", kPrices);
  }

  void add(const std::string& id, TaskState state, const core::TaskFacts& facts,
           const core::Labels& labels = {}) {
    answers_.record(
        {.id = id, .state = state, .facts = facts, .labels = labels, .observed_at = observed_at_});
  }
  // Five tasks of three models, of which one has no price.
  void add_october() {
    const auto at = [](std::int64_t seconds) { return utc(kDay + seconds * 1000); };
    add("t2", TaskState::succeeded,
        {.finish_time = at(60),
         .model = "happyhorse",
         .resolution = "720p",
         .duration_seconds = "5.0"},
        {{"customer", "A, B"}});
    add("t1", TaskState::succeeded,
        {.finish_time = at(60),
         .model = "seedance",
         .resolution = "1080p",
         .completion_tokens = "108900",
         .super_resolution_tokens = "245025"});
    add("t3", TaskState::failed, {.finish_time = at(90), .model = "happyhorse"});
    add("t4", TaskState::succeeded, {.finish_time = at(86400), .model = "unpriced"});
    add("t5", TaskState::succeeded, {.finish_time = at(0), .model = "happyhorse"});
  }
  // Keeps the messages of the work.
  template <typename Work>
  std::string while_told(Work work) {
    std::ostringstream out;
    testing::internal::CaptureStderr();
    EXPECT_EQ(work(out), cmd::ExitCode::ok);
    told_ = testing::internal::GetCapturedStderr();
    return out.str();
  }
  std::string report() {
    return while_told([this](auto& out) { return cmd::write_report(options_, log_, out); });
  }
  void close(const std::string& period) {
    while_told([&](auto& out) {
      return cmd::close_period(
          {.ledger = ledger_, .period = period, .prices = options_.prices, .force = true},
          kInDecember, log_, out);
    });
  }
  // The manifest of a report that is written into a file.
  nlohmann::json manifest() {
    options_.output = folder_.path("report.csv");
    report();
    options_.output = "-";
    return nlohmann::json::parse(support::read_file(folder_.path("report.csv.manifest.json")));
  }
  std::string warnings() {
    (void)report();
    return told_;
  }

  support::TempDir folder_;
  std::string ledger_ = folder_.path("ledger.db");
  support::BillingLedger answers_{ledger_};
  cmd::ReportOptions options_;
  cmd::Log log_{{.level = cmd::LogLevel::warning}};
  std::string told_;
  std::int64_t observed_at_ = kDay + 2 * kDayMs;  // the time of the answers
};

// "MODEL: TASKS CURRENCY COST UNPRICED QUOTA, …"
std::string groups_of(const std::string& report) {
  std::string all;
  for (auto& row : support::csv_table(report)) {
    all += row["model"] + (row.contains("status") ? " " + row["status"] : "") + ": " +
           row["tasks"] + " " + row["currency"] + " " + row["cost"] + " " + row["unpriced"] + " " +
           row["quota"] + "\n";
  }
  return all;
}

TEST_F(ReportMoneyTest, NoGroupMakesAnUnknownCostZero) {
  const auto finished = [this](const std::string& id, TaskState state, const std::string& model,
                               const std::string& seconds, const std::string& more = "") {
    add(id, state,
        {.finish_time = utc(kDay),
         .model = model,
         .duration_seconds = seconds,
         .super_resolution_tokens = more,
         .quota = "7"});
  };
  finished("part 1", TaskState::succeeded, "part", "2");
  finished("part 2", TaskState::succeeded, "part", "");
  finished("part 3", TaskState::failed, "part", "2");
  finished("none 1", TaskState::succeeded, "none", "2");
  finished("none 2", TaskState::failed, "none", "2");
  finished("failed", TaskState::failed, "failed", "2");
  finished("free", TaskState::succeeded, "free", "2");
  finished("two", TaskState::succeeded, "two", "2", "1000000");
  finished("two failed", TaskState::failed, "two", "2");
  options_.prices = folder_.write("prices.csv",
                                  "model,unit,price,currency\npart,second,3,CNY\n"
                                  "free,second,0,CNY\ntwo,second,1,USD\ntwo,sr_mtoken,5,CNY\n");
  options_.by = {"model"};
  options_.period = "2026-10-05";
  EXPECT_EQ(groups_of(report()),
            "failed: 1  0 0 \n"
            "free: 1 CNY 0 0 7\n"
            "none: 2   1 7\n"
            "part: 3 CNY 6 1 14\n"
            "two: 1 CNY 5 0 \n"
            "two: 1 USD 2 0 7\n");
  options_.by = {"model", "status"};
  EXPECT_NE(groups_of(report()).find("none failure: 1  0 0 \nnone success: 1   1 7\n"
                                     "part failure: 1  0 0 \npart success: 2 CNY 6 1 14\n"),
            std::string::npos)
      << groups_of(report());
  options_.format = "json";
  EXPECT_NE(report().find(R"("model":"none","status":"success","tasks":1,"currency":null,)"
                          R"("cost":null,"unpriced":1,)"),
            std::string::npos)
      << report();
}

// The cells of a row in a table of the page, without the drawings.
std::string page_row(const std::string& page, const std::string& table, const std::string& first) {
  const std::size_t begin = page.find("<table id=\"" + table + "\">");
  const std::size_t row = page.find(">" + first + "<", begin);
  const std::size_t end = page.find("</tr>", row);
  if (begin == std::string::npos || row == std::string::npos ||
      page.find("</table>", begin) < row) {
    return "";
  }
  std::string cells = first;
  for (std::size_t at = row; (at = page.find("<td class=\"n", at)) < end; ++at) {
    const std::size_t text = page.find('>', at) + 1;
    cells += " " + page.substr(text, page.find('<', text) - text);
  }
  return cells;
}

TEST_F(ReportMoneyTest, ThePageShowsUnknownCostsAsCountsNeverAsZero) {
  add_october();
  options_.format = "html";
  const std::string page = report();
  // Videos, failures, CNY, USD and lines without a price.
  EXPECT_EQ(page_row(page, "models", "happyhorse"), "happyhorse 2 1 4.50 \u2013 1");
  EXPECT_EQ(page_row(page, "models", "seedance"), "seedance 1 0 5.01 0.61 0");
  EXPECT_EQ(page_row(page, "models", "unpriced"), "unpriced 1 0 \u2013 \u2013 1");
  EXPECT_EQ(page_row(page, "label-customer", "none"), "none 3 1 5.01 0.61 2");
  EXPECT_EQ(page_row(page, "days", "2026-10-06"), "2026-10-06 1 0 \u2013 \u2013 1");
  EXPECT_NE(page.find("<small>without lines of unknown cost: 2</small>"), std::string::npos);
  options_.prices = folder_.write("dear.csv", "model,unit,price,currency\nseed*,mtoken,46,CNY\n");
  EXPECT_EQ(page_row(report(), "label-customer", "A, B"), "A, B 1 0 \u2013 1");
}

TEST_F(ReportMoneyTest, AFailureThatKeepsItsQuotaIsReportedAndNotSummedUp) {
  for (const auto& [id, state] : {std::pair{"q1", TaskState::succeeded},
                                  {"q2", TaskState::failed},
                                  {"q3", TaskState::failed}}) {
    add(id, state, {.finish_time = utc(kDay), .model = "wan", .quota = "500"});
  }
  EXPECT_NE(report().find(",500,,,,,0,failed; quota 500 is not shown as refunded,"),
            std::string::npos)
      << "the row shows what the answer says";
  EXPECT_EQ(manifest().at("not_refunded"), 2);
  options_.by = {"model"};
  EXPECT_NE(groups_of(report()).find("wan: 3   1 500\n"), std::string::npos) << report();
  options_.by = {"task"};
  options_.format = "html";
  EXPECT_NE(report().find("<small>not shown as refunded: 2</small>"), std::string::npos);
}

TEST_F(ReportMoneyTest, AFinishTimeInTheFutureIsReported) {
  options_.period = "2026-10-05";
  const auto later = [this](const std::string& id, std::int64_t seconds) {
    add(id, TaskState::succeeded, {.finish_time = utc(observed_at_ + seconds * 1000)});
  };
  observed_at_ = kDay + 90'000'000;
  later("clocks differ", 299);
  EXPECT_EQ(warnings().find("in the future"), std::string::npos);
  EXPECT_EQ(manifest().at("finish_in_future"), 0);
  later("tomorrow", 86'400);
  later("next year", 31'536'000);
  const std::string told = warnings();
  EXPECT_NE(
      told.find("2 tasks with a finish time in the future (later than the newest answer of the "
                "ledger), the latest 2027-10-06T01:00:00+00:00 of task next year: "),
      std::string::npos)
      << told;
  EXPECT_EQ(manifest().at("finish_in_future"), 2);
  options_.period = "2026-09";
  close("2026-09");
  EXPECT_NE(warnings().find("2 tasks with a finish time in the future"), std::string::npos)
      << "who reports closed months alone hears of it, too";
  EXPECT_TRUE(manifest().at("finish_in_future").is_null()) << "it never changes";
}

TEST_F(ReportMoneyTest, ARowOfThePriceBookThatCanNeverApplyIsReported) {
  options_.prices =
      folder_.write("dead.csv", "model,unit,price,currency\n*,second,1,CNY\nhappy*,second,2,CNY\n");
  const std::string told =
      "dead.csv, line 3 can never apply: everything that matches it also matches line 2";
  EXPECT_NE(warnings().find(told), std::string::npos);
  close("2026-10");
  EXPECT_NE(told_.find(told), std::string::npos) << told_;
  EXPECT_EQ(warnings().find("can never apply"), std::string::npos) << "the book is not used";
}

TEST_F(ReportMoneyTest, LinesWithoutACostAreNamedByModel) {
  add_october();
  EXPECT_NE(warnings().find(
                "no cost in 2 lines (happyhorse: 1, unpriced: 1), so the totals do not include "
                "them"),
            std::string::npos);
  const nlohmann::json json = manifest();
  EXPECT_EQ(json.at("unpriced_by_model"), (nlohmann::json{{"happyhorse", 1}, {"unpriced", 1}}));
  EXPECT_EQ(json.at("totals_complete"), false);
}

TEST_F(ReportMoneyTest, WhatIsReversedInTheReportLacksNothing) {
  options_.prices = folder_.write(
      "both.csv", "model,unit,price,currency\nhappy*,second,0.9,CNY\nwan,task,1,USD\n");
  options_.rates = folder_.write("rates.csv", "date,from,to,rate\n2026-10,CNY,EUR,0.1\n");
  options_.billing_currency = "EUR";
  options_.resale = folder_.write("resale.csv", "model,unit,price,currency\nhappy*,second,2,CNY\n");
  add("w", TaskState::succeeded, {.finish_time = utc(kDay), .model = "wan"});
  const auto lacking = [this](const char* period) {
    options_.period = period;
    const nlohmann::json told = manifest();
    return std::pair(told.at("unconverted").get<int>(), told.at("unsold").get<int>());
  };
  EXPECT_EQ(lacking("2026"), std::pair(1, 1));
  while_told([&](auto& out) {
    return cmd::close_period({.ledger = ledger_,
                              .period = "2026-10",
                              .prices = options_.prices,
                              .rates = options_.rates,
                              .billing_currency = "EUR",
                              .resale = options_.resale,
                              .force = true},
                             kInDecember, log_, out);
  });
  answers_.record({.id = "w",
                   .facts = {.model = "happyhorse", .duration_seconds = "5"},
                   .observed_at = kDay + 40 * kDayMs,
                   .body = "of another model"});
  EXPECT_EQ(lacking("2026-10"), std::pair(1, 1));
  EXPECT_EQ(lacking("2026-11"), std::pair(0, 0)) << "the reversed line is in another report";
  EXPECT_EQ(lacking("2026"), std::pair(0, 0));
  options_.by = {"month"};
  std::string groups;
  for (auto& row : support::csv_table(report())) {
    groups += row["month"] + " " + row["currency"] + " " + row["unconverted"] + " " +
              row["unsold"] + "; ";
  }
  EXPECT_EQ(groups, "2026-10 USD 1 1; 2026-11 CNY 0 0; 2026-11 USD -1 -1; ");
}

// Without a finish time, the time of an adjustment's task is when the ledger first saw its end.
TEST_F(ReportMoneyTest, AdjustmentsAreShownSeparatelyWithTheTimeOfTheirCost) {
  const auto finished = [this](const std::string& id, std::optional<core::UtcTime> finish,
                               const std::string& seconds) {
    add(id, TaskState::succeeded,
        {.finish_time = finish,
         .model = "happyhorse",
         .resolution = "720p",
         .duration_seconds = seconds});
  };
  finished("known", utc(kDay), "5");
  observed_at_ = kDay + kDayMs;
  finished("unnamed", {}, "2");
  close("2026-10");
  finished("late", {}, "1");
  for (const char* id : {"known", "unnamed"}) {
    answers_.record({.id = id,
                     .facts = {.duration_seconds = "10"},
                     .observed_at = kDay + 40 * kDayMs,
                     .body = id + std::string("2")});
  }
  finished("new", utc(kDay + 30 * kDayMs), "3");
  options_.period = "2026-11";
  const auto charged = [this] {
    options_.format = "focus";
    options_.delimiter = ";";
    std::string all;
    for (auto& row : support::csv_table(report(), ';')) {
      all += row["ResourceId"] + " " + row["BilledCost"] + " " +
             row["ChargePeriodStart"].substr(0, 10) + " in " +
             row["BillingPeriodStart"].substr(0, 7) + "\n";
    }
    options_.format = "csv";
    return all;
  };
  const std::string expected =
      "known -4.5 2026-10-05 in 2026-11\nknown 9 2026-10-05 in 2026-11\n"
      "late 0.9 2026-10-06 in 2026-11\n"
      "unnamed -1.8 2026-10-06 in 2026-11\nunnamed 9 2026-10-06 in 2026-11\n"
      "new 2.7 2026-11-04 in 2026-11\n";
  EXPECT_EQ(charged(), expected);
  const nlohmann::json apart = manifest().at("adjustments");
  EXPECT_EQ(apart, (nlohmann::json{
                       {"lines", 5}, {"tasks", 1}, {"totals", {{"CNY", 12.6}}}, {"unpriced", 0}}));
  EXPECT_EQ(manifest().at("totals").at("CNY"), 15.3);
  options_.format = "html";
  const std::string page = report();
  EXPECT_EQ(page_row(page, "adjustments", "2026-10"), "2026-10 1 0 12.60");
  EXPECT_EQ(page_row(page, "days", "2026-11-01"), "2026-11-01 0 0 \u2013") << "no bar on the 1st";
  EXPECT_EQ(page_row(page, "days", "adjustments"), "adjustments 1 0 12.60");
  EXPECT_EQ(page_row(page, "models", "happyhorse"), "happyhorse 2 0 15.30");
  close("2026-11");
  EXPECT_EQ(charged(), expected) << "frozen";
}

}  // namespace
