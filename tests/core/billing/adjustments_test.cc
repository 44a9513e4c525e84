#include "core/billing/adjustments.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using core::Charge;
using core::FinishedTask;
using core::LineKind;
using core::OwnedLine;

constexpr core::UtcTime kAt{std::chrono::milliseconds(5000)};
const core::Correction kCorrection{.closed_period = "2026-10", .incurred_in = 7, .at = kAt};

FinishedTask task(std::int64_t snapshot, const std::string& seconds) {
  FinishedTask task;
  task.task_id = "t";
  task.succeeded = true;
  task.snapshot = snapshot;
  task.facts.duration_seconds = seconds;
  task.facts.units = "0";
  return task;
}

Charge charge(const std::string& id, const std::string& cost, LineKind kind = LineKind::main) {
  Charge charge{.kind = kind, .line_id = id};
  charge.quantity = core::Decimal::parse(cost);
  charge.unit_price = core::Decimal(1);
  charge.currency = "CNY";
  charge.cost = core::Decimal::parse(cost);
  return charge;
}

// "ID cost adjusts" for each line.
std::vector<std::string> texts(const std::vector<OwnedLine>& lines) {
  std::vector<std::string> texts;
  for (const OwnedLine& line : lines) {
    EXPECT_EQ(line.task.billed_at, kAt);
    texts.push_back(line.charge.line_id + " " + line.charge.cost->text() + " " + line.adjusts);
  }
  return texts;
}

TEST(Adjustments, ReverseAndChargeAgain) {
  const std::vector<OwnedLine> standing{{.task = task(1, "8.50"), .charge = charge("1-a", "8.5")}};
  const FinishedTask now = task(2, "5");
  const std::vector<Charge> charges{charge("2-b", "5")};
  const auto lines = core::adjustments_of(standing, {now, charges}, kCorrection);
  EXPECT_EQ(texts(lines), (std::vector<std::string>{"1-a-reversal -8.5 1-a", "2-b 5 1-a"}));
  EXPECT_TRUE(lines.at(0).reversal);
  EXPECT_EQ(lines.at(0).task.facts.duration_seconds, "-8.5");
  EXPECT_EQ(lines.at(0).task.facts.units, "0");
  EXPECT_EQ(lines.at(0).charge.quantity->text(), "-8.5");
  EXPECT_EQ(lines.at(0).charge.unit_price->text(), "1");
  EXPECT_FALSE(lines.at(1).reversal);
  EXPECT_EQ(lines.at(1).incurred_in, 7);
}

TEST(Adjustments, EachKindOfLineNamesItsOwn) {
  const std::vector<OwnedLine> standing{
      {.task = task(1, "8"), .charge = charge("1-a", "8")},
      {.task = task(1, "8"), .charge = charge("1-a-sr", "2", LineKind::super_resolution)}};
  const FinishedTask now = task(2, "5");
  const std::vector<Charge> charges{charge("2-b", "5"),
                                    charge("2-b-sr", "1", LineKind::super_resolution)};
  EXPECT_EQ(texts(core::adjustments_of(standing, {now, charges}, kCorrection)),
            (std::vector<std::string>{"1-a-reversal -8 1-a", "1-a-sr-reversal -2 1-a-sr",
                                      "2-b 5 1-a", "2-b-sr 1 1-a-sr"}));
}

core::Correction repriced() {
  core::Correction correction = kCorrection;
  correction.repriced = true;
  return correction;
}

TEST(Adjustments, OtherPricesCorrectEachLineWhoseCostChanges) {
  const std::vector<OwnedLine> standing{
      {.task = task(1, "8"), .charge = charge("1-a", "8")},
      {.task = task(1, "8"), .charge = charge("1-a-sr", "2", LineKind::super_resolution)}};
  const FinishedTask now = task(1, "8");
  const std::vector<Charge> charges{charge("1-a", "8"),
                                    charge("1-a-sr", "1", LineKind::super_resolution)};
  const auto lines = core::adjustments_of(standing, {now, charges}, repriced());
  EXPECT_EQ(texts(lines),
            (std::vector<std::string>{"1-a-sr-reversal -2 1-a-sr", "1-a-sr 1 1-a-sr"}));
  EXPECT_EQ(lines.at(0).charge.cost_note, "reversal; repriced");
  EXPECT_EQ(lines.at(1).charge.cost_note, "repriced");
  EXPECT_TRUE(lines.at(0).repriced && lines.at(1).repriced);
  EXPECT_TRUE(core::adjustments_of(standing, {now, charges}, kCorrection).empty())
      << "the prices of then rule one answer";
}

TEST(Adjustments, OtherPricesMayAddALineRemoveOneOrChangeTheCurrency) {
  const std::vector<OwnedLine> standing{{.task = task(1, "8"), .charge = charge("1-a", "8")}};
  const FinishedTask now = task(1, "8");
  const Charge beside = charge("1-a-sr", "1", LineKind::super_resolution);
  EXPECT_EQ(texts(core::adjustments_of(standing, {now, {charge("1-a", "8"), beside}}, repriced())),
            (std::vector<std::string>{"1-a-sr 1 1-a"}));
  const std::vector<OwnedLine> two{standing.front(), {.task = task(1, "8"), .charge = beside}};
  EXPECT_EQ(texts(core::adjustments_of(two, {now, {charge("1-a", "8")}}, repriced())),
            (std::vector<std::string>{"1-a-sr-reversal -1 1-a-sr"}));
  Charge dollars = charge("1-a", "8");
  dollars.currency = "USD";
  EXPECT_EQ(core::adjustments_of(standing, {now, {dollars}}, repriced()).size(), 2U);
  Charge other_unit = charge("1-a", "8");
  other_unit.unit = core::PriceUnit::video;
  EXPECT_TRUE(core::adjustments_of(standing, {now, {other_unit}}, repriced()).empty())
      << "the cost is the same";
}

TEST(Adjustments, AnotherAnswerIsCorrectedCompletelyWithAnyPrices) {
  const std::vector<OwnedLine> standing{{.task = task(1, "8"), .charge = charge("1-a", "8")}};
  EXPECT_EQ(
      texts(core::adjustments_of(standing, {task(2, "5"), {charge("2-b", "10")}}, repriced())),
      (std::vector<std::string>{"1-a-reversal -8 1-a", "2-b 10 1-a"}));
}

TEST(Adjustments, ATaskIsChargedAsItWasFrozenWhileItsAnswerIsTheSame) {
  OwnedLine line{.task = task(1, "8"), .charge = charge("1-a", "8")};
  line.task.facts.model = "frozen";
  line.task.billed_at = kAt;  // the time of an adjustment
  line.incurred_at = core::UtcTime(std::chrono::milliseconds(900));
  FinishedTask now = task(1, "8");
  now.facts.model = "what a later answer without an end said";
  now.billed_at = core::UtcTime(std::chrono::milliseconds(1000));
  const FinishedTask charged = core::charged_task({line}, now);
  EXPECT_EQ(charged.facts.model, "frozen");
  EXPECT_EQ(charged.billed_at, line.incurred_at) << "the price of its own day";
  now.snapshot = 2;
  EXPECT_EQ(core::charged_task({line}, now).facts.model, now.facts.model);
  EXPECT_EQ(core::charged_task({}, now).facts.model, now.facts.model);
}

TEST(Adjustments, ALateTaskNamesTheClosedPeriod) {
  const FinishedTask now = task(2, "5");
  const std::vector<Charge> charges{charge("2-b", "5")};
  EXPECT_EQ(texts(core::adjustments_of({}, {now, charges}, kCorrection)),
            (std::vector<std::string>{"2-b 5 2026-10"}));
}

TEST(Adjustments, NothingNewIsNoAdjustment) {
  const std::vector<OwnedLine> standing{{.task = task(1, "8"), .charge = charge("1-a", "8")}};
  FinishedTask now = task(2, "8");
  now.labels = {{"customer", "B"}};
  now.facts.finish_time = kAt;
  const std::vector<Charge> same{charge("2-b", "8")};
  EXPECT_TRUE(core::adjustments_of(standing, {now, same}, kCorrection).empty());
  // Without a newer answer there is no adjustment, whatever a price book says.
  now = task(1, "8");
  const std::vector<Charge> dearer{charge("1-a", "9")};
  EXPECT_TRUE(core::adjustments_of(standing, {now, dearer}, kCorrection).empty());
}

TEST(Adjustments, ACountIsComparedByItsValue) {
  const std::vector<OwnedLine> standing{{.task = task(1, "5.0"), .charge = charge("1-a", "5")}};
  const std::vector<Charge> charges{charge("2-b", "5")};
  for (const char* same : {"5", "5.00", "05"}) {
    const FinishedTask now = task(2, same);
    EXPECT_TRUE(core::adjustments_of(standing, {now, charges}, kCorrection).empty()) << same;
  }
  for (const char* other : {"5.01", "-5", "", "auto"}) {
    const FinishedTask now = task(2, other);
    EXPECT_FALSE(core::adjustments_of(standing, {now, charges}, kCorrection).empty()) << other;
  }
}

TEST(Adjustments, KnowWhenTheCostWasIncurred) {
  constexpr core::UtcTime kThen{std::chrono::milliseconds(1000)};
  const std::vector<OwnedLine> standing{
      {.task = task(1, "8"), .charge = charge("1-a", "8"), .incurred_at = kThen}};
  FinishedTask now = task(2, "5");
  now.billed_at = core::UtcTime(std::chrono::milliseconds(9000));  // moved out of the period
  const std::vector<Charge> charges{charge("2-b", "5")};
  for (const OwnedLine& line : core::adjustments_of(standing, {now, charges}, kCorrection)) {
    EXPECT_EQ(line.view().incurred_at, kThen) << line.charge.line_id;
  }
  now.billed_at = kThen;
  EXPECT_EQ(core::adjustments_of({}, {now, charges}, kCorrection).at(0).incurred_at, kThen);
}

TEST(Adjustments, AChangedStateIsAnAdjustment) {
  const std::vector<OwnedLine> standing{{.task = task(1, "8"), .charge = charge("1-a", "8")}};
  FinishedTask now = task(2, "8");
  now.succeeded = false;
  const std::vector<Charge> refunded{charge("2-b", "0")};
  EXPECT_EQ(texts(core::adjustments_of(standing, {now, refunded}, kCorrection)),
            (std::vector<std::string>{"1-a-reversal -8 1-a", "2-b 0 1-a"}));
}

TEST(Adjustments, ACountThatIsNotANumberIsNotReversed) {
  const OwnedLine line{.task = task(1, "unlimited"), .charge = charge("1-a", "8")};
  EXPECT_EQ(core::reversal_of(line, kAt).task.facts.duration_seconds, "");
}

}  // namespace
