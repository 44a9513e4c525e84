#include "core/billing/line_terms.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "core/billing/adjustments.h"

namespace {

using core::ClosedPeriod;
using core::Decimal;
using core::OwnedLine;
using core::Terms;

const core::TimeZone kUtc("UTC");

core::UtcTime at(const char* time) { return core::parse_range(time, "2030-01-01", kUtc).begin; }

Terms terms(std::optional<core::Rounding> rounding, const std::string& rows) {
  return {.rounding = rounding,
          .rates = core::Rates::parse("date,from,to,rate,source\n" + rows, "EUR", "rates.csv")};
}

ClosedPeriod closed(std::int64_t key, const char* month, const Terms& terms,
                    const std::string& zone = "UTC") {
  ClosedPeriod period{
      .key = key, .period = core::parse_period(month, core::TimeZone(zone)), .zone = zone};
  period.prices = core::with_terms("model,unit,price,currency\n", terms);
  return period;
}

OwnedLine line(const char* time, const char* cost, const char* currency,
               std::int64_t incurred_in = 0, const char* incurred_at = nullptr) {
  OwnedLine line;
  line.task.billed_at = at(time);
  line.charge.cost = *cost == 0 ? std::nullopt : std::optional(Decimal::from_text(cost));
  line.charge.currency = currency;
  line.incurred_in = incurred_in;
  line.incurred_at = at(incurred_at == nullptr ? time : incurred_at);
  return line;
}

// "cost -> cost in the billing currency (rate) note".
std::string applied(const std::vector<ClosedPeriod>& closed, const core::Pricing& pricing,
                    const OwnedLine& line) {
  core::LineTerms all(closed, pricing, kUtc);
  const core::ReportLine shown = all.apply(line.view());
  const auto text = [](const auto& value) { return value ? value->text() : std::string("-"); };
  std::string told = text(shown.charge.cost);
  if (shown.conversion != nullptr) {
    told += " -> " + text(shown.conversion->cost) + " " + shown.conversion->currency + " (" +
            text(shown.conversion->rate) + ") " + shown.conversion->note;
  }
  return told;
}

TEST(LineTerms, WithoutAnyALineStaysAsItIs) {
  EXPECT_EQ(applied({}, {}, line("2026-10-05", "1.2345", "USD")), "1.2345");
  EXPECT_EQ(applied({closed(1, "2026-10", {})}, {}, line("2026-10-05", "1.2345", "USD", 1)),
            "1.2345");
}

TEST(LineTerms, RoundOnceByThePeriodAndOnceByTheReport) {
  const std::vector<ClosedPeriod> months = {closed(1, "2026-10", {.rounding = core::Rounding{3}}),
                                            closed(2, "2026-11", {})};
  const core::Pricing plain{};
  EXPECT_EQ(applied(months, plain, line("2026-10-05", "1.23456", "USD", 1)), "1.235");
  EXPECT_EQ(applied(months, plain, line("2026-11-05", "1.23456", "USD", 2)), "1.23456");
  EXPECT_EQ(applied(months, plain, line("2026-11-01", "-1.23456", "USD", 1)), "-1.235")
      << "what corrects October is rounded as October was";
  EXPECT_EQ(applied(months, {.round = core::Rounding{}}, line("2026-10-05", "1.23456", "JPY", 1)),
            "1");
  EXPECT_EQ(applied(months, {.round = core::Rounding{2}}, line("2026-12-05", "0.125", "USD")),
            "0.12");
}

TEST(LineTerms, ConvertExactlyAndNameTheRate) {
  const Terms own = terms({}, "2026-10-05,USD,EUR,0.923456789,ECB\n2026-10,CNY,EUR,0.13,\n");
  const core::Pricing pricing{.terms = &own};
  const std::vector<ClosedPeriod> none;
  EXPECT_EQ(applied(none, pricing, line("2026-10-05", "1.1", "USD")),
            "1.1 -> 1.0158024679 EUR (0.923456789) 2026-10-05, ECB");
  EXPECT_EQ(applied(none, pricing, line("2026-10-05", "1.1", "CNY")),
            "1.1 -> 0.143 EUR (0.13) 2026-10");
  EXPECT_EQ(applied(none, pricing, line("2026-10-05", "1.1", "EUR")), "1.1 -> 1.1 EUR (-) ");
  EXPECT_EQ(applied(none, pricing, line("2026-10-05", "0", "")), "0 -> 0 EUR (-) ");
  EXPECT_EQ(applied(none, pricing, line("2026-10-05", "", "")),
            "- -> - EUR (-) the cost is unknown");
  EXPECT_EQ(applied(none, pricing, line("2026-10-04", "1", "USD")),
            "1 -> - EUR (-) no rate from USD to EUR on 2026-10-04");
  EXPECT_EQ(applied(none, pricing, line("2026-10-05", "0.00000000000000001", "USD")),
            "0.00000000000000001 -> - EUR (0.923456789) 2026-10-05, ECB; the amount has more than "
            "24 decimals");
  const Terms rounded = terms(core::Rounding{}, "2026-10,JPY,EUR,0.00617,ECB\n");
  EXPECT_EQ(applied(none, {.terms = &rounded}, line("2026-10-05", "1234.5", "JPY")),
            "1234 -> 7.61 EUR (0.00617) 2026-10, ECB")
      << "the rounded cost is converted, and rounded again";
}

TEST(LineTerms, AreThoseOfTheMonthWhoseCostItIs) {
  const Terms october = terms({}, "2026-10-31,USD,EUR,0.5,then\n");
  const Terms own = terms({}, "2026-10,USD,EUR,0.9,now\n2026-11,USD,EUR,0.9,now\n");
  const core::Pricing pricing{.terms = &own};
  const std::vector<ClosedPeriod> months = {
      closed(1, "2026-09", {}), closed(2, "2026-10", october),
      closed(3, "2026-11", terms({}, "2026-09,USD,EUR,2,\n"))};
  EXPECT_EQ(applied(months, pricing, line("2026-10-31", "1", "USD", 2)),
            "1 -> 0.5 EUR (0.5) 2026-10-31, then");
  EXPECT_EQ(applied(months, pricing, line("2026-12-01", "-1", "USD", 2, "2026-10-31")),
            "-1 -> -0.5 EUR (0.5) 2026-10-31, then")
      << "a correction has the rate of its cost";
  EXPECT_EQ(applied(months, pricing, line("2026-11-01", "1", "USD", 1, "2026-09-30")),
            "1 -> 2 EUR (2) 2026-09")
      << "September was closed without rates: those of November, in which the line is";
  EXPECT_EQ(applied(months, pricing, line("2026-12-01", "1", "USD", 1, "2026-10-02")),
            "1 -> 0.9 EUR (0.9) 2026-10, now");
  const std::vector<ClosedPeriod> berlin = {closed(1, "2026-10", october, "Europe/Berlin")};
  EXPECT_EQ(applied(berlin, {}, line("2026-10-30T23:30:00Z", "1", "USD", 1)),
            "1 -> 0.5 EUR (0.5) 2026-10-31, then")
      << "the day is that of its zone";
}

}  // namespace
