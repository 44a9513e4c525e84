#include "core/billing/period_statement.h"

#include <gtest/gtest.h>

#include <string>

namespace {

core::PeriodStatement october() {
  core::CostTotals totals;
  const auto add = [&totals](const char* currency, const char* cost) {
    core::FinishedTask task;
    core::Charge charge;
    charge.currency = currency;
    charge.cost = core::Decimal::from_text(cost);
    totals.add({.task = task, .charge = charge});
  };
  add("USD", "1.5");
  add("CNY", "7.20");
  add("CNY", "-0.2");
  add("", "0");  // of a failed task
  return {.period = "2026-10",
          .zone = "Europe/Berlin",
          .begins_at = 1,
          .ends_at = 2,
          .closed_at = 3,
          .program = "1.0",
          .schema_version = 17,
          .lines = 4,
          .csv_sha256 = "c",
          .totals = totals.lines(),
          .unfinished = 5,
          .missing = 6,
          .written_off = 7,
          .written_off_sha256 = "w",
          .prices_sha256 = "p",
          .repriced = {{"2026-08", "r"}, {"2026-09", "s"}},
          .snapshot = 8,
          .snapshot_sha256 = "h",
          .previous = core::HashedPeriod{"2026-09", "q"}};
}

const std::string kOctober =
    "period 2026-10\nzone Europe/Berlin\nbegins_at 1\nends_at 2\nclosed_at 3\nprogram 1.0\n"
    "schema 17\nlines 4\ncsv_sha256 c\ntotal CNY 7\ntotal USD 1.5\nunfinished 5\nmissing 6\n"
    "written_off 7 w\nprices_sha256 p\nrepriced 2026-08 r\nrepriced 2026-09 s\nsnapshot 8\n"
    "snapshot_sha256 h\nprevious 2026-09 q";

TEST(PeriodStatement, HasALineForEachValue) {
  EXPECT_EQ(october().text(), kOctober);
  const std::string bare = core::PeriodStatement{.period = "2026"}.text();
  EXPECT_EQ(core::stated(bare, "prices_sha256"), "-");
  EXPECT_EQ(core::stated(bare, "previous"), "-");
  EXPECT_EQ(core::stated_totals(bare), "");
}

TEST(PeriodStatement, HasTheInvoiceIfThereIsOne) {
  core::PeriodStatement one{.period = "2026", .invoice_id = "RE 7"};
  EXPECT_EQ(core::stated(one.text(), core::kInvoiceId), "RE 7");
  EXPECT_EQ(core::first_difference(one.text(), core::PeriodStatement{.period = "2026"}.text()),
            core::kInvoiceId);
}

// printf 'period 2026\n' | sha256sum
TEST(PeriodStatement, TheHeadIsTheHashOfItsLines) {
  EXPECT_EQ(core::statement_head("period 2026"),
            "206356794cc8fd064c15514061556e06f319c504901bb7425d6fa36b87a1a727");
}

TEST(PeriodStatement, ItsValuesAreFound) {
  EXPECT_EQ(core::stated(kOctober, "period"), "2026-10");
  EXPECT_EQ(core::stated(kOctober, "written_off"), "7 w");
  EXPECT_EQ(core::stated(kOctober, "previous"), "2026-09 q");
  EXPECT_EQ(core::stated(kOctober, "perio"), "");
  EXPECT_EQ(core::stated("", "period"), "");
  EXPECT_EQ(core::stated_totals(kOctober), "total CNY 7\ntotal USD 1.5");
}

TEST(PeriodStatement, TheFirstDifferenceIsNamed) {
  core::PeriodStatement other = october();
  EXPECT_EQ(core::first_difference(kOctober, other.text()), "");
  other.zone = "UTC";
  other.lines = 5;
  EXPECT_EQ(core::first_difference(kOctober, other.text()), "zone");
  other = october();
  other.totals.clear();
  EXPECT_EQ(core::first_difference(kOctober, other.text()), "total");
  EXPECT_EQ(core::first_difference(kOctober, ""), "period");
  EXPECT_EQ(core::first_difference("", kOctober), "period");
}

}  // namespace
