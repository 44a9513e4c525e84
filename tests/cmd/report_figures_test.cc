#include "cmd/report_figures.h"

#include <gtest/gtest.h>

namespace {

constexpr core::UtcTime kAt{std::chrono::seconds(1'790'812'800)};

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

TEST(ReportFigures, WhatIsTakenBackIsNoOtherFailureAndTookNoTime) {
  const core::TimeZone utc("UTC");
  cmd::ReportFigures figures(utc);
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
  EXPECT_EQ(figures.all.cost.at("CNY").text(), "2");
  EXPECT_EQ(figures.failures.at("why"), 1);
  EXPECT_EQ(figures.queued.seconds, std::vector<std::int64_t>{10});
  EXPECT_EQ(figures.generated.seconds, std::vector<std::int64_t>{90});
}

TEST(ReportFigures, ALineWithoutACostIsUnpricedWhicheverWayItCounts) {
  const core::TimeZone utc("UTC");
  cmd::ReportFigures figures(utc);
  const core::FinishedTask video = finished(true);
  const core::Charge unknown;
  figures.add({.task = video, .charge = unknown, .adjusts = "x", .reversal = true});
  EXPECT_EQ(figures.all.unpriced, 1);
}

}  // namespace
