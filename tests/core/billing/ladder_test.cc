#include "core/billing/ladder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/ladder_check.h"
#include "core/billing/late_places.h"
#include "core/error.h"

namespace {

using core::Charge;
using core::Decimal;
using core::FinishedTask;
using core::PriceBook;
using core::TimeZone;

const std::string kHeader = "model,unit,price,currency,from_quantity,to_quantity";
const std::string kTiers =
    kHeader + "\nm,second,0,CNY,,10\nm,second,0.10,CNY,10,20\nm,second,0.08,CNY,20,\n";

Decimal number(const std::string& text) { return Decimal::from_text(text); }

FinishedTask task_of(const std::string& seconds, const std::string& day = "2026-10-05") {
  FinishedTask task;
  task.account = "default";
  task.task_id = "t";
  task.succeeded = true;
  task.snapshot = 1;
  task.raw_sha256 = std::string(64, 'a');
  task.billed_at = core::parse_period(day, TimeZone("UTC")).begin;
  task.facts.model = "m";
  task.facts.duration_seconds = seconds;
  return task;
}

std::string shown(const Charge& charge) {
  const auto text = [](const auto& value) { return value ? value->text() : std::string("-"); };
  return text(charge.quantity) + " x " + text(charge.unit_price) + " = " + text(charge.cost) +
         (charge.cost_note.empty() ? "" : " (" + charge.cost_note + ")");
}

// The charges of tasks, one after another.
class Charging {
 public:
  explicit Charging(const std::string& text) : book_(PriceBook::parse(text, "prices.csv")) {}

  std::string charge(const FinishedTask& task) {
    std::string all;
    for (const Charge& charge :
         core::charges_of(task, {.prices = &book_, .places = &places_}, TimeZone("UTC"))) {
      all += (all.empty() ? "" : " | ") + shown(charge);
    }
    return all;
  }

 private:
  PriceBook book_;
  core::RunningPlaces places_;
};

TEST(Ladder, EachPartOfALineIsChargedByItsTier) {
  Charging charging(kTiers);
  const std::string of = "tiers of line 2, after ";
  EXPECT_EQ(charging.charge(task_of("8")), "8 x 0 = 0 (" + of + "0 this month)");
  EXPECT_EQ(charging.charge(task_of("4")),
            "4 x - = 0.2 (" + of + "8 this month: 2 at 0, 2 at 0.1)");
  EXPECT_EQ(charging.charge(task_of("0")), "0 x 0.1 = 0 (" + of + "12 this month)");
  EXPECT_EQ(charging.charge(task_of("8.0")), "8 x 0.1 = 0.8 (" + of + "12 this month)");
  EXPECT_EQ(charging.charge(task_of("0")), "0 x 0.08 = 0 (" + of + "20 this month)");
  EXPECT_EQ(charging.charge(task_of("0.5")), "0.5 x 0.08 = 0.04 (" + of + "20 this month)");
  // A month begins anew.
  EXPECT_EQ(charging.charge(task_of("25.25", "2026-11-01")),
            "25.25 x - = 1.42 (" + of + "0 this month: 10 at 0, 10 at 0.1, 5.25 at 0.08)");
}

TEST(Ladder, OnlyLinesWithACostCount) {
  Charging charging(kTiers);
  FinishedTask failed = task_of("9");
  failed.succeeded = false;
  EXPECT_EQ(charging.charge(failed), "- x - = 0 (failed)");
  FinishedTask elsewhere = task_of("9");
  elsewhere.charged_under = "other";
  EXPECT_EQ(charging.charge(elsewhere), "0 x - = 0 (charged under account other)");
  EXPECT_EQ(charging.charge(task_of("")), "- x - = - (the answer has no usable duration_seconds)");
  EXPECT_EQ(charging.charge(task_of("999999999999999999")),
            "999999999999999999 x - = - (the amount is not below 1000000000)");
  EXPECT_EQ(charging.charge(task_of("9")), "9 x 0 = 0 (tiers of line 2, after 0 this month)");
}

TEST(Ladder, ADurationWithoutAnEndTakesNoCostFromLaterLines) {
  Charging charging(kHeader + "\nm,second,0.05,CNY,,10\nm,second,0.0333333333,CNY,10,\n");
  EXPECT_EQ(charging.charge(task_of("5.041666666666667")),
            "5.041666666666667 x - = - (the amount may have more than 24 decimals in a tier)");
  EXPECT_EQ(charging.charge(task_of("6")), "6 x 0.05 = 0.3 (tiers of line 2, after 0 this month)");
  EXPECT_EQ(charging.charge(task_of("6.04166666666666")),
            "6.04166666666666 x - = 0.268055555487499777777778 (tiers of line 2, after 6 this "
            "month: 4 at 0.05, 2.04166666666666 at 0.0333333333)");
}

TEST(Ladder, ChargesAreCountedAsTheyAreRounded) {
  Charging charging(kHeader + ",round_up,minimum,discount,note\n" +
                    "m,second,2,CNY,0,10,5,6,50%,first\nm,second,1,CNY,10,,5,6,,rest\n");
  EXPECT_EQ(charging.charge(task_of("7")),
            "10 x 1 = 10 (tiers of line 2, after 0 this month; quantity 7 rounded up; 50% off 2; "
            "price note: first)");
  EXPECT_EQ(charging.charge(task_of("1")),
            "6 x 1 = 6 (tiers of line 2, after 10 this month; quantity 1 rounded up; minimum "
            "quantity; price note: rest)");
}

TEST(Ladder, LaddersOfOneBookCountApart) {
  Charging charging(kHeader + ",label:customer\n" +
                    "m,second,0,CNY,,5,A\nm,second,3,CNY,,5,\nm,second,1,CNY,5,,A\n"
                    "m,second,2,CNY,5,,\n");
  FinishedTask of_a = task_of("4");
  of_a.labels = {{"customer", "A"}};
  EXPECT_EQ(charging.charge(of_a), "4 x 0 = 0 (tiers of line 2, after 0 this month)");
  EXPECT_EQ(charging.charge(task_of("5")), "5 x 3 = 15 (tiers of line 3, after 0 this month)");
  EXPECT_EQ(charging.charge(of_a),
            "4 x - = 3 (tiers of line 2, after 4 this month: 1 at 0, 3 at 1)");
  EXPECT_EQ(charging.charge(task_of("5")), "5 x 2 = 10 (tiers of line 3, after 5 this month)");
}

TEST(Ladder, SuperResolutionHasTiersOfItsOwn) {
  Charging charging(kHeader +
                    "\nm,second,1,CNY,,6\nm,sr_mtoken,2,CNY,,1\nm,sr_mtoken,0.5,CNY,1,\n"
                    "m,second,0,CNY,6,\n");
  FinishedTask task = task_of("4");
  task.billed_at_source = core::BilledAt::first_seen_finished;
  task.facts.super_resolution_tokens = "750000";
  EXPECT_EQ(charging.charge(task),
            "4 x 1 = 4 (no finish time: billed when first seen finished; tiers of line 2, after 0 "
            "this month) | 0.75 x 2 = 1.5 (tiers of line 3, after 0 this month)");
  EXPECT_EQ(charging.charge(task),
            "4 x - = 2 (no finish time: billed when first seen finished; tiers of line 2, after 4 "
            "this month: 2 at 1, 2 at 0) | 0.75 x - = 0.75 (tiers of line 3, after 0.75 this "
            "month: 0.25 at 2, 0.5 at 0.5)");
}

TEST(Ladder, WithoutAReportThePlaceIsNotKnown) {
  const PriceBook book = PriceBook::parse(kTiers, "prices.csv");
  EXPECT_EQ(shown(core::charges_of(task_of("8"), {.prices = &book}, TimeZone("UTC")).front()),
            "8 x - = - (the price depends on what is charged in the month; a report has it)");
}

TEST(Ladder, ARowThatBoundsNothingIsNoLadder) {
  for (const std::string quantities : {",", "0,", "0.0,"}) {
    Charging charging(kHeader + "\nm,second,0.5,CNY," + quantities + "\n");
    EXPECT_EQ(charging.charge(task_of("8")), "8 x 0.5 = 4") << quantities;
  }
}

TEST(Ladder, GapsAndOverlapsAreRefused) {
  struct Case {
    std::string rows;
    std::string why;
  };
  const std::vector<Case> cases = {
      {"m,second,1,CNY,5,\n",
       "line 2, column from_quantity: no tier begins at 0: no row is equal but for quantities, "
       "price, discount and note, and has an empty from_quantity"},
      {"m,second,1,CNY,,5\n",
       "line 2, column to_quantity: no tier has a price from 5 on: no row is equal but for "
       "quantities, price, discount and note, and begins there; leave it empty in the last tier"},
      {"m,second,1,CNY,,5\nm,second,2,CNY,6,\n",
       "line 3, column from_quantity: no tier has a price from 5 to 6, between line 2 and this "
       "one"},
      {"m,second,1,CNY,,6\nm,second,2,CNY,5,\n",
       "line 3, column from_quantity: it overlaps line 2, a tier of the same price that ends at 6"},
      {"m,second,1,CNY,,\nm,second,2,CNY,5,\n",
       "line 3, column from_quantity: it overlaps line 2, a tier of the same price without a "
       "to_quantity"},
      {"m,second,1,CNY,,5\nm,second,1,CNY,,5\nm,second,2,CNY,5,\n",
       "line 3, column from_quantity: it overlaps line 2, a tier of the same price that ends at 5"},
      {"m,second,1,CNY,,5\nm,second,2,USD,5,\n", "no tier has a price from 5 on"},
      {"m,second,1,CNY,5,5\n",
       "line 2, column to_quantity: it is not more than from_quantity, so the tier has nothing"},
      {"m,second,1,CNY,-1,5\n", "line 2, column from_quantity: '-1' is not a plain decimal number"},
  };
  for (const Case& one : cases) {
    try {
      (void)PriceBook::parse(kHeader + "\n" + one.rows, "prices.csv");
      ADD_FAILURE() << one.rows;
    } catch (const core::UsageError& failure) {
      EXPECT_NE(std::string(failure.what()).find(one.why), std::string::npos) << failure.what();
    }
  }
}

TEST(Ladder, TheOrderOfItsRowsDoesNotMatter) {
  const PriceBook book =
      PriceBook::parse(kHeader +
                           "\nm,second,2,CNY,20.0,\nother,task,7,CNY,,\nm,second,0,CNY,,10\n"
                           "m,second,1,CNY,10,20\n",
                       "prices.csv");
  ASSERT_EQ(book.rows().size(), 2U);
  EXPECT_EQ(book.rows().front().line, 2U);
  ASSERT_EQ(book.rows().front().tiers.size(), 3U);
  EXPECT_EQ(book.rows().front().price, Decimal(0));
  EXPECT_EQ(book.rows().front().tiers.back().price, Decimal(2));
  EXPECT_TRUE(book.has_ladders());
}

TEST(Ladder, ANoteIsReadAgain) {
  const core::LadderNote note{.line = 7,
                              .start = number("990.5"),
                              .parts = {{number("9.5"), number("0.1")}, {Decimal(5), Decimal(0)}}};
  EXPECT_EQ(note.text(), "tiers of line 7, after 990.5 this month: 9.5 at 0.1, 5 at 0");
  for (const std::string before : {"", "reversal; ", "reversal; repriced; ",
                                   "no finish time: billed when first seen finished; ",
                                   "repriced; no submit time: placed when first seen; "}) {
    for (const char* after : {"", "; price note: tiers of line 1, after 0 this month"}) {
      const auto read = core::ladder_note_of(before + note.text() + after);
      ASSERT_TRUE(read) << before;
      EXPECT_EQ(read->text(), note.text());
    }
  }
  for (const char* other :
       {"", "failed", "price note: tiers of line 1, after 0 this month", "tiers of line x, after 0",
        "quantity is the label tiers of line 1, after 0 this month", "tiers of line 1, after x",
        "tiers of line 1, after 0 this month: 5",
        "charged under account tiers of line 1, after 0"}) {
    EXPECT_FALSE(core::ladder_note_of(other)) << other;
  }
}

const core::LadderCheck::LaterBooks kNoLaterBooks = [](const core::ClosedPeriod&) {
  return std::vector<std::string>();
};

class LadderProof : public testing::Test {
 protected:
  // Freezes the charge of a task that begins there.
  Charge frozen(const std::string& seconds) {
    return core::charges_of(task_of(seconds), {.prices = &book_, .places = &places_},
                            TimeZone("UTC"))
        .front();
  }
  std::string check(core::LadderCheck& check, const Charge& charge, bool reversal = false) const {
    return check.check({.task = task_,
                        .charge = charge,
                        .adjusts = reversal ? "1-a" : "",
                        .reversal = reversal,
                        .incurred_in = 1});
  }

  PriceBook book_ = PriceBook::parse(kTiers, "prices.csv");
  core::RunningPlaces places_;
  FinishedTask task_ = task_of("8");
  std::vector<core::ClosedPeriod> closed_{
      {.key = 1, .period = {}, .zone = "UTC", .prices = kTiers}};
};

TEST_F(LadderProof, LinesThatFollowEachOtherAreProved) {
  core::LadderCheck whole(closed_, closed_.front(), kNoLaterBooks);
  const std::vector<Charge> lines = {frozen("8"), frozen("4"), frozen("20")};
  for (const Charge& line : lines) {
    EXPECT_EQ(check(whole, line), "");
  }
  Charge reversal = lines[1];
  reversal.quantity = -*reversal.quantity;
  reversal.cost = -*reversal.cost;
  reversal.cost_note.insert(0, "reversal; ");
  EXPECT_EQ(check(whole, reversal, true), "");
}

TEST_F(LadderProof, ACorrectionIsProvedByAnyBookThatEverApplied) {
  const std::vector<core::ClosedPeriod> closed{closed_.front(),
                                               {.key = 2, .period = {}, .zone = "UTC"}};
  const PriceBook dearer =
      PriceBook::parse(kHeader + "\nm,second,5,CNY,,4\nm,second,3,CNY,4,\n", "");
  core::RunningPlaces places;
  const Charge line =
      core::charges_of(task_, {.prices = &dearer, .places = &places}, TimeZone("UTC")).front();
  core::LadderCheck without(closed, closed.back(), kNoLaterBooks);
  EXPECT_EQ(check(without, line, true), "its cost is not what the tiers of its price book give");
  core::LadderCheck with(closed, closed.back(), [](const core::ClosedPeriod& period) {
    EXPECT_EQ(period.key, 1);
    return std::vector<std::string>{"model,unit,price,currency\nm,second,1,CNY\n",
                                    kHeader + "\nm,second,5,CNY,,4\nm,second,3,CNY,4,\n"};
  });
  EXPECT_EQ(check(with, line, true), "");
  EXPECT_EQ(check(with, frozen("8"), true), "");
}

TEST_F(LadderProof, EachChangeIsNoticed) {
  const Charge first = frozen("8");
  const Charge second = frozen("4");  // 2 at 0, 2 at 0.1
  const auto replaced = [](Charge charge, const std::string& old, const std::string& with) {
    charge.cost_note.replace(charge.cost_note.find(old), old.size(), with);
    return charge;
  };
  Charge cheaper = second;
  cheaper.cost = number("0.1");
  Charge priced = second;
  priced.unit_price = number("0.1");
  Charge longer = second;
  longer.quantity = Decimal(5);
  for (const Charge& changed :
       {replaced(second, "after 8", "after 9"), replaced(second, "line 2", "line 3"),
        replaced(second, "2 at 0.1", "3 at 0.1"), cheaper, priced, longer}) {
    core::LadderCheck whole(closed_, closed_.front(), kNoLaterBooks);
    EXPECT_EQ(check(whole, first), "");
    EXPECT_EQ(check(whole, changed), "its cost is not what the tiers of its price book give")
        << changed.cost_note;
  }
  core::LadderCheck lacking(closed_, closed_.front(), kNoLaterBooks);
  EXPECT_EQ(check(lacking, second),
            "it begins after 8 in its tiers, and the lines before it end at 0");
}

}  // namespace
