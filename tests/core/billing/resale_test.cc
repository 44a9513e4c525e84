#include "core/billing/resale.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/billing/adjustments.h"
#include "core/billing/resale_check.h"

namespace {

using core::Decimal;
using core::OwnedLine;
using core::PriceBook;

const core::TimeZone kUtc("UTC");

core::UtcTime day(const char* text) { return core::parse_range(text, "2030-01-01", kUtc).begin; }

OwnedLine main_line(const char* cost = "4") {
  OwnedLine line;
  line.task.succeeded = true;
  line.task.facts.model = "m";
  line.task.facts.duration_seconds = "5";
  line.task.facts.completion_tokens = "1000000";
  line.task.facts.super_resolution_tokens = "2000000";
  line.task.billed_at = day("2026-10-05");
  line.charge.currency = "CNY";
  line.charge.cost = *cost == 0 ? std::nullopt : Decimal::parse(cost);
  return line;
}

// "amount currency, margin (note)".
std::string sold(const OwnedLine& line, const std::string& rows) {
  const PriceBook book =
      PriceBook::parse("model,unit,price,currency,valid_from,valid_to\n" + rows, "resale.csv");
  core::Resale resale = core::resale_of(line.view(), book, kUtc);
  core::set_margin(resale, line.charge);
  const auto text = [](const auto& value) { return value ? value->text() : std::string("-"); };
  return text(resale.amount) + " " + resale.currency + ", " + text(resale.margin) + " (" +
         resale.note + ")";
}

TEST(Resale, IsChargedByItsOwnBook) {
  EXPECT_EQ(sold(main_line(), "m,second,1.2,CNY,,\n"), "6 CNY, 2 ()");
  EXPECT_EQ(sold(main_line("7"), "m,second,1.2,CNY,,\n"), "6 CNY, -1 ()");
  EXPECT_EQ(sold(main_line(""), "m,second,1.2,CNY,,\n"), "6 CNY, - ()") << "the cost is unknown";
  EXPECT_EQ(sold(main_line(), "m,second,1.2,USD,,\n"), "6 USD, - (no margin between CNY and USD)");
  EXPECT_EQ(sold(main_line(), "other,second,1.2,CNY,,\n"), "- , - (no price for this model)");
  EXPECT_EQ(sold(main_line(), "m,video,1.2,CNY,,\n"),
            "- , - (the answer has no usable video_count)");
}

TEST(Resale, SuperResolutionIsInTheFirstLine) {
  const std::string rows = "m,mtoken,3,CNY,,\nm,sr_mtoken,2,CNY,,\n";
  EXPECT_EQ(sold(main_line(), rows), "7 CNY, 3 ()");
  OwnedLine extra = main_line("1");
  extra.charge.kind = core::LineKind::super_resolution;
  EXPECT_EQ(sold(extra, rows), "0 CNY, -1 (in the first line of the task)");
  EXPECT_EQ(sold(main_line(), "m,mtoken,3,CNY,,\nm,sr_mtoken,2,USD,,\n"),
            "- CNY, - (the resale book charges it in CNY and USD)");
}

TEST(Resale, WhatCostsNothingIsSoldForNothing) {
  OwnedLine failed = main_line("0");
  failed.task.succeeded = false;
  failed.charge.currency = "";
  EXPECT_EQ(sold(failed, "m,second,1.2,CNY,,\n"), "0 , 0 ()");
  OwnedLine elsewhere = main_line("0");
  elsewhere.charge.cost_note = "charged under account north";
  EXPECT_EQ(sold(elsewhere, "m,second,1.2,CNY,,\n"), "0 CNY, 0 ()");
}

TEST(Resale, AReversalTakesBackTheSameAmountAtTheSameDay) {
  const std::string rows = "m,second,1,CNY,,2026-10-31\nm,second,9,CNY,2026-11-01,\n";
  OwnedLine line = main_line();
  line.incurred_in = 1;
  line.incurred_at = line.task.billed_at;
  line.charge.line_id = "1-0123456789ab";
  EXPECT_EQ(sold(line, rows), "5 CNY, 1 ()");
  const OwnedLine reversal = core::reversal_of(line, day("2026-11-01"));
  EXPECT_EQ(reversal.task.facts.duration_seconds, "-5");
  EXPECT_EQ(sold(reversal, rows), "-5 CNY, -1 ()");
  OwnedLine late = line;
  late.adjusts = "2026-10";
  late.task.billed_at = day("2026-11-01");
  EXPECT_EQ(sold(late, rows), "5 CNY, 1 ()") << "by the day of the cost";
}

const std::string kTiers =
    "model,unit,price,currency,from_quantity,to_quantity\n"
    "m,second,2,CNY,,8\nm,second,1,CNY,8,\nm,sr_mtoken,3,CNY,,1\nm,sr_mtoken,1,CNY,1,\n";

class TieredResale : public testing::Test {
 protected:
  // As a report makes it, behind the lines before it.
  OwnedLine placed(OwnedLine line) {
    line.charge.resale_tiers =
        core::resale_tiers_of(line.task, {line.charge}, book_, kUtc, places_);
    return line;
  }
  [[nodiscard]] std::string sold(const OwnedLine& line) const {
    const core::Resale resale = core::resale_of(line.view(), book_, kUtc);
    return (resale.amount ? resale.amount->text() : "-") + " " + resale.note;
  }

  PriceBook book_ = PriceBook::parse(kTiers, "resale.csv");
  core::RunningPlaces places_;
};

TEST_F(TieredResale, BeginsWhereTheTaskBeforeEnded) {
  EXPECT_EQ(sold(placed(main_line())),
            "14 tiers of line 2, after 0 this month: 5 at 2; "
            "tiers of line 4, after 0 this month: 1 at 3, 1 at 1");
  const OwnedLine second = placed(main_line());
  EXPECT_EQ(sold(second),
            "10 tiers of line 2, after 5 this month: 3 at 2, 2 at 1; "
            "tiers of line 4, after 2 this month: 2 at 1");
  EXPECT_EQ(sold(core::reversal_of(second, day("2026-11-01"))), "-" + sold(second));
}

TEST_F(TieredResale, OnlyAWholePriceCounts) {
  OwnedLine unsold = main_line();
  unsold.task.facts.super_resolution_tokens = "many";
  EXPECT_EQ(placed(unsold).charge.resale_tiers, "");
  OwnedLine failed = main_line("0");
  failed.task.succeeded = false;
  EXPECT_EQ(placed(failed).charge.resale_tiers, "");
  OwnedLine elsewhere = main_line("0");
  elsewhere.charge.cost_note = "charged under account north";
  EXPECT_EQ(placed(elsewhere).charge.resale_tiers, "");
  EXPECT_EQ(sold(placed(main_line())).find("14 tiers of line 2, after 0 this month"), 0U);
}

TEST_F(TieredResale, WithoutAPlaceTheAmountIsUnknown) {
  EXPECT_EQ(sold(main_line()),
            "- the price depends on what is charged in its month, which was closed without it");
}

TEST_F(TieredResale, AClosedMonthIsProved) {
  const core::Terms terms{.resale = core::PriceFile{kTiers, book_}};
  const std::vector<core::ClosedPeriod> closed = {
      {.key = 1,
       .period = {},
       .zone = "UTC",
       .prices = core::with_terms("model,unit,price,currency\n", terms)}};
  const OwnedLine first = placed(main_line());
  OwnedLine second = placed(main_line());
  const auto fault = [&](const OwnedLine& line) {
    core::ResaleCheck check(closed, closed.front());
    for (const OwnedLine* one : {&first, &line}) {
      OwnedLine frozen = *one;
      frozen.incurred_in = 1;
      if (std::string told = check.check(frozen.view()); !told.empty()) {
        return told;
      }
    }
    return std::string();
  };
  EXPECT_EQ(fault(second), "");
  EXPECT_EQ(fault(first),
            "it begins after 0 in the tiers of its resale book, and the lines before it end at 5");
  std::string& tiers = second.charge.resale_tiers;
  const std::string right = tiers;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"after 5", "after 6"}, {"2 at 1", "2 at 2"}, {"line 4", "line 5"}, {"; ", " "}}) {
    tiers = right;
    tiers.replace(tiers.find(from), from.size(), to);
    EXPECT_EQ(fault(second), "its resale is not what the tiers of its resale book give") << tiers;
  }
}

TEST(Resale, WhereATimeComesFromIsNotNoted) {
  OwnedLine line = main_line();
  line.task.billed_at_source = core::BilledAt::first_seen_finished;
  EXPECT_EQ(sold(line, "other,second,1.2,CNY,,\n"), "- , - (no price for this model)");
}

}  // namespace
