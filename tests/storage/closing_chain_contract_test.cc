// The contract of core::BillingSource: closed periods are a chain, and can be signed.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/billing/period_statement.h"
#include "core/error.h"
#include "tests/storage/billing_contract.h"

namespace {

using namespace billing_contract;

class ClosingChainContract : public BillingContract {};

TEST_P(ClosingChainContract, ClosedPeriodsAreAChain) {
  finish("a", kOctober + 1000);
  close(period("2026-10"));
  const auto read = [this](std::size_t at) { return open()->closed_periods().at(at); };
  const core::ClosedPeriod october = read(0);
  EXPECT_EQ(october.head, core::statement_head(october.statement));
  EXPECT_EQ(core::stated(october.statement, "period"), "2026-10");
  EXPECT_EQ(core::stated(october.statement, "zone"), "UTC");
  EXPECT_EQ(core::stated(october.statement, "lines"), "1");
  EXPECT_EQ(core::stated(october.statement, "csv_sha256"), october.sha256);
  EXPECT_EQ(core::stated(october.statement, "previous"), "-");
  EXPECT_EQ(october.signature, "");
  std::string signed_head;
  const auto source = open();
  const auto writer = source->close(period("2026-11"), utc(kNovember));
  const std::string head = writer->commit({.sha256 = std::string(64, '0'),
                                           .totals = "total CNY 1",
                                           .program = "1.2",
                                           .invoice_id = "RE 7",
                                           .sign = [&signed_head](const std::string& to_sign) {
                                             signed_head = to_sign;
                                             return std::string("s\0gn\xff", 5);
                                           }});
  const core::ClosedPeriod november = read(1);
  EXPECT_EQ(november.head, head);
  EXPECT_EQ(signed_head, head);
  EXPECT_EQ(november.signature, std::string("s\0gn\xff", 5));
  EXPECT_EQ(core::stated(november.statement, "previous"), "2026-10 " + october.head);
  EXPECT_EQ(core::stated(november.statement, "program"), "1.2");
  EXPECT_EQ(november.invoice_id(), "RE 7");
  EXPECT_EQ(october.invoice_id(), "");
  EXPECT_EQ(core::stated_totals(november.statement), "total CNY 1");
  EXPECT_EQ(core::Reports(open()).closing_findings(of(november)), std::vector<std::string>{});
}

TEST_P(ClosingChainContract, WhatCannotBeSignedStaysOpen) {
  {
    const auto source = open();
    const auto writer = source->close(period("2026-10"), utc(kNovember));
    EXPECT_THROW(static_cast<void>(writer->commit(
                     {.sha256 = std::string(64, '0'),
                      .sign = [](const std::string&) -> std::string { throw core::Error("no"); }})),
                 core::Error);
  }
  EXPECT_TRUE(open()->closed_periods().empty());
  close(period("2026-10"));
  const auto source = open();
  source->keep_signature(source->closed_periods().front(), "later", utc(kNovember));
  EXPECT_EQ(open()->closed_periods().front().signature, "later");
}

INSTANTIATE_TEST_SUITE_P(All, ClosingChainContract, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
