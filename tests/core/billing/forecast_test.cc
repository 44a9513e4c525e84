#include "core/billing/forecast.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace {

using core::Decimal;
using core::PeriodCost;

core::UtcTime at(const char* text, const core::TimeZone& zone) {
  return core::parse_range(text, "2100-01-01", zone).begin;
}

TEST(Forecast, CountsTheDaysThatAreOver) {
  const core::TimeZone berlin("Europe/Berlin");
  const core::Period october = core::parse_period("2026-10", berlin);  // with a day of 25 hours
  const auto over = [&](const char* now) {
    return core::days_over(october, at(now, berlin), berlin).over;
  };
  EXPECT_EQ(core::days_over(october, october.begin, berlin).all, 31);
  EXPECT_EQ(over("2026-09-12"), 0);
  EXPECT_EQ(over("2026-10-01T00:00:00"), 0);
  EXPECT_EQ(over("2026-10-01T23:59:59.999"), 0);
  EXPECT_EQ(over("2026-10-02T00:00:00"), 1);
  EXPECT_EQ(over("2026-10-25T23:30:00"), 24);
  EXPECT_EQ(over("2026-10-26T00:00:00"), 25);
  EXPECT_EQ(over("2026-11-01T00:00:00"), 31);
  EXPECT_EQ(over("2027-05-01"), 31);
}

class ForecastOfNovember : public testing::Test {
 protected:
  void add(const char* day, const char* cost, std::int64_t times = 1) {
    core::FinishedTask task;
    task.billed_at = at(day, zone_);
    const core::Charge charge{.cost = Decimal::parse(cost)};
    sum_.add({.task = task, .charge = charge}, times, days_, zone_);
  }
  // It stands at the beginning of the first open period.
  void correct(const char* day, const char* cost, std::int64_t times) {
    core::FinishedTask task;
    task.billed_at = november_.begin;
    const core::Charge charge{.cost = Decimal::parse(cost)};
    sum_.add({.task = task,
              .charge = charge,
              .adjusts = "7-0123456789ab",
              .incurred_at = at(day, zone_)},
             times, days_, zone_);
  }
  std::string estimate(int places = 2) const {
    const auto estimated = core::estimate(sum_, days_, places);
    return estimated ? estimated->text() : "none";
  }
  void today(const char* now) { days_ = core::days_over(november_, at(now, zone_), zone_); }

  core::TimeZone zone_{"Asia/Shanghai"};
  core::Period november_ = core::parse_period("2026-11", zone_);
  core::DaysOver days_;
  PeriodCost sum_;
};

TEST_F(ForecastOfNovember, TakesTheMeanOfTheDaysThatAreOver) {
  today("2026-11-04T09:00:00");
  add("2026-11-01T00:00:00", "1.5", 4);
  add("2026-11-03T23:59:59", "4");
  add("2026-11-04T08:00:00", "3");  // today is not over
  EXPECT_EQ(sum_.so_far.text(), "13");
  EXPECT_EQ(estimate(), "100");
}

TEST_F(ForecastOfNovember, RoundsOnlyTheEstimate) {
  today("2026-11-08");
  add("2026-11-02", "0.12345");
  EXPECT_EQ(sum_.so_far.text(), "0.12345");
  EXPECT_EQ(estimate(), "0.53");
  EXPECT_EQ(estimate(0), "1");
}

TEST_F(ForecastOfNovember, CountsCorrectionsOfClosedMonthsOnce) {
  today("2026-11-04");
  correct("2026-10-30T12:00:00", "-2", 3);
  add("2026-11-02", "3");
  EXPECT_EQ(sum_.so_far.text(), "-3");
  EXPECT_EQ(estimate(), "24");
}

TEST_F(ForecastOfNovember, TakesCorrectionsWithinThePeriodForTheirDay) {
  today("2026-11-04");
  add("2026-11-01", "8");
  correct("2026-11-01T12:00:00", "-5", 1);
  EXPECT_EQ(estimate(), "30");
}

TEST_F(ForecastOfNovember, IsNeverLessThanWhatIsThere) {
  today("2026-11-02T12:00:00");
  add("2026-11-02T01:00:00", "40");
  EXPECT_EQ(estimate(), "40");
}

TEST_F(ForecastOfNovember, HasNoEstimateBeforeADayIsOver) {
  today("2026-11-01T23:00:00");
  add("2026-11-01T01:00:00", "40");
  EXPECT_EQ(estimate(), "none");
}

TEST_F(ForecastOfNovember, IsExactlyWhatIsThereAfterTheMonth) {
  today("2026-12-03");
  add("2026-11-30T23:00:00", "0.333333");
  EXPECT_EQ(estimate(), "0.333333");
}

TEST_F(ForecastOfNovember, AddsUp) {
  today("2026-11-04");
  add("2026-11-02", "3");
  PeriodCost total;
  total.add(sum_);
  total.add(sum_);
  EXPECT_EQ(total.so_far.text(), "6");
  EXPECT_EQ(core::estimate(total, days_, 2)->text(), "60");
}

}  // namespace
