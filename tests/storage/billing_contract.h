// The fixture of the contract tests of core::BillingSource.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/billing/billing_source.h"
#include "core/billing/line_csv.h"
#include "core/billing/price_book.h"
#include "core/billing/reports.h"
#include "tests/support/back_end.h"
#include "tests/support/billing_ledger.h"

namespace billing_contract {

using core::TaskState;
using support::BillingAnswer;
using support::utc;

inline constexpr std::int64_t kDayMs = 86'400'000;
inline constexpr std::int64_t kOctober = 1'790'812'800'000;  // 2026-10-01T00:00:00Z
inline constexpr std::int64_t kNovember = kOctober + 31 * kDayMs;

class BillingContract : public testing::TestWithParam<support::BackEndMaker> {
 protected:
  std::int64_t record(const BillingAnswer& answer) { return answers_.record(answer); }
  std::unique_ptr<core::BillingSource> open() { return back_end_->open_billing(); }
  std::int64_t finish(const std::string& id, std::int64_t at, const std::string& seconds = "8",
                      TaskState state = TaskState::succeeded, const std::string& body = "",
                      std::optional<core::UtcTime> settles_at = {}) {
    return record({.id = id,
                   .state = state,
                   .facts = {.submit_time = utc(at - 1000),
                             .finish_time = utc(at),
                             .model = "m",
                             .duration_seconds = seconds},
                   .labels = {{"customer", "c" + id}},
                   .observed_at = at + 1000,
                   .body = body,
                   .settles_at = settles_at});
  }
  static core::ClosedPeriod period(const std::string& name) {
    return {.period = core::parse_period(name, core::TimeZone("UTC")), .zone = "UTC"};
  }
  static core::ReportQuery of(const core::ClosedPeriod& closed) {
    return {.begin = closed.period.begin, .end = closed.period.end};
  }
  // Freezes the period like `close`, with its prices. Returns the hash.
  std::string close(core::ClosedPeriod to_close) {
    core::Reports reports(open());
    const auto book = to_close.prices
                          ? std::optional(core::PriceBook::parse(*to_close.prices, "prices"))
                          : std::nullopt;
    const auto writer = reports.source().close(to_close, utc(kNovember));
    const std::string hash = core::hash_lines(
        reports, of(to_close), {.prices = book ? &*book : nullptr}, core::TimeZone("UTC"),
        reports.source().schema_version(),
        [&](const core::ReportLine& exact, const core::ReportLine&) { writer->add(exact); });
    writer->commit({.sha256 = hash});
    return hash;
  }
  // "task seconds cost adjusts?" for each line. Sums are over the same number of lines.
  std::string lines(const std::string& name) {
    core::Reports reports(open());
    std::int64_t summed = 0;
    reports.sum_lines(
        of(period(name)), {}, core::TimeZone("UTC"),
        [&summed](const core::ReportLine& /*line*/, std::int64_t times) { summed += times; });
    std::string all;
    reports.each_line(of(period(name)), {}, core::TimeZone("UTC"),
                      [&all](const core::ReportLine& line) {
                        all += line.task.task_id + " " + line.task.facts.duration_seconds + " " +
                               (line.charge.cost ? line.charge.cost->text() : "-") +
                               (line.corrects() ? "*" : "") + "; ";
                      });
    EXPECT_EQ(summed, std::count(all.begin(), all.end(), ';')) << all;
    return all;
  }
  static std::string prices(const std::string& price) {
    return "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\nm,second,,," + price +
           ",CNY,,\n";
  }

  std::unique_ptr<support::BackEnd> back_end_ = GetParam().make();
  support::BillingLedger answers_{*back_end_};
};

}  // namespace billing_contract
