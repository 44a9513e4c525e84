#include "cmd/report/report_figures.h"

#include <gtest/gtest.h>

namespace {

constexpr core::UtcTime kAt{std::chrono::seconds(1'790'812'800)};

const std::vector<core::ClosedPeriod> kNoneClosed;

core::FinishedTask finished(bool succeeded) {
  core::FinishedTask task;
  task.succeeded = succeeded;
  task.billed_at = kAt;
  task.facts.model = "m";
  task.facts.submit_time = kAt - std::chrono::seconds(100);
  task.facts.start_time = kAt - std::chrono::seconds(90);
  task.facts.finish_time = kAt;
  task.facts.fail_reason = succeeded ? "" : "why";
  return task;
}

TEST(ReportFigures, AReversalCountsNeitherAsAFailureNorInDurations) {
  const core::TimeZone utc("UTC");
  cmd::ReportFigures figures(utc, kNoneClosed);
  core::Charge charge;
  charge.cost = core::Decimal(2);
  charge.currency = "CNY";
  core::Charge back = charge;
  back.cost = core::Decimal(-2);
  core::Charge beside = charge;
  beside.kind = core::LineKind::super_resolution;
  const core::FinishedTask video = finished(true);
  const core::FinishedTask failure = finished(false);
  figures.add({.task = video, .charge = charge});
  figures.add({.task = video, .charge = beside});
  figures.add({.task = video, .charge = back, .adjusts = "x", .reversal = true});
  figures.add({.task = failure, .charge = charge});
  figures.add({.task = failure, .charge = back, .adjusts = "x", .reversal = true});
  EXPECT_EQ(figures.all.tasks(), 0);
  EXPECT_EQ(figures.all.cost.at("CNY").amount.text(), "2");
  EXPECT_EQ(figures.failures.at("why"), 1);
  EXPECT_EQ(figures.queued.seconds, std::vector<std::int64_t>{10});
  EXPECT_EQ(figures.generated.seconds, std::vector<std::int64_t>{90});
}

TEST(ReportFigures, ALineWithoutACostIsUnpricedUnlessItIsAReversal) {
  const core::TimeZone utc("UTC");
  cmd::ReportFigures figures(utc, kNoneClosed);
  const core::FinishedTask video = finished(true);
  const core::Charge unknown;
  figures.add({.task = video, .charge = unknown});
  EXPECT_EQ(figures.all.unpriced, 1);
  figures.add({.task = video, .charge = unknown, .adjusts = "x", .reversal = true});
  EXPECT_EQ(figures.all.unpriced, 1);
  EXPECT_TRUE(figures.all.cost.empty()) << "not 0";
}

TEST(ReportFigures, TheSumOfNoLinesIsUnknown) {
  core::Charge charge;
  charge.cost = core::Decimal(2);
  charge.currency = "CNY";
  const core::FinishedTask video = finished(true);
  cmd::Figures one;
  one.add({.task = video, .charge = charge});
  cmd::Figures all = one;
  all.add({.task = video, .charge = core::Charge{}});
  all.add(one, -1);
  EXPECT_EQ(all.succeeded, 1);
  EXPECT_EQ(all.unpriced, 1);
  EXPECT_TRUE(all.cost.empty());
  // A free video, and a reversed one, have a known cost.
  charge.cost = core::Decimal();
  all.add({.task = video, .charge = charge});
  EXPECT_EQ(all.cost.at("CNY").amount.text(), "0");
}

TEST(ReportFigures, AdjustmentsBelongToNoDay) {
  const core::TimeZone utc("UTC");
  std::vector<core::ClosedPeriod> closed(1);
  closed.front().key = 7;
  closed.front().period = core::parse_period("2026-09", utc);
  cmd::ReportFigures figures(utc, closed);
  core::Charge charge;
  charge.cost = core::Decimal(2);
  charge.currency = "CNY";
  const core::FinishedTask video = finished(true);
  figures.add({.task = video, .charge = charge, .adjusts = "2026-09", .incurred_in = 7});
  EXPECT_TRUE(figures.by_day.empty());
  EXPECT_EQ(figures.by_closed_period.at("2026-09").cost.at("CNY").amount.text(), "2");
  EXPECT_EQ(figures.by_model.at("m").succeeded, 1);
  EXPECT_EQ(figures.all.succeeded, 1);
}

TEST(ReportFigures, AdjustmentsAreNotInWhatAVideoCosts) {
  const core::TimeZone utc("UTC");
  cmd::ReportFigures figures(utc, kNoneClosed);
  core::Charge charge;
  charge.currency = "CNY";
  core::FinishedTask video = finished(true);
  const auto add = [&](const char* seconds, std::int64_t cost, const char* adjusts, bool reversal) {
    video.facts.duration_seconds = seconds;
    charge.cost = core::Decimal(cost);
    figures.add({.task = video, .charge = charge, .adjusts = adjusts, .reversal = reversal});
  };
  add("5", 10, "", false);
  add("-8", -16, "x", true);
  add("8", 160, "x", false);
  const cmd::VideoCosts& costs = figures.video_costs.at("CNY").at("m");
  EXPECT_EQ(costs.cost.text() + " " + std::to_string(costs.videos), "10 1");
  EXPECT_EQ(costs.timed_cost.text() + " " + costs.seconds.text(), "10 5");
}

TEST(ReportFigures, FailuresThatKeepAQuotaAreCountedNet) {
  const core::TimeZone utc("UTC");
  cmd::ReportFigures figures(utc, kNoneClosed);
  core::FinishedTask failure = finished(false);
  failure.facts.quota = "500";
  const core::Charge free;
  figures.add({.task = failure, .charge = free});
  figures.add({.task = failure, .charge = free});
  figures.add({.task = failure, .charge = free, .adjusts = "x", .reversal = true});
  failure.facts.quota = "0";
  figures.add({.task = failure, .charge = free});
  EXPECT_EQ(figures.all.not_refunded, 1);
}

}  // namespace
