#include "core/reconciliation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using core::Decimal;
using core::Reconciliation;

std::optional<Decimal> amount(const char* text) { return Decimal::parse(text); }

// "result task ours theirs" of what does not match; `-` for none.
std::vector<std::string> texts(const Reconciliation& both) {
  const auto text = [](const std::optional<Decimal>& one) { return one ? one->text() : "-"; };
  std::vector<std::string> texts;
  for (const auto& one : both.differences()) {
    texts.push_back(std::string(core::name(one.result)) + " " + one.task_id + " " + text(one.ours) +
                    " " + text(one.theirs));
  }
  return texts;
}

TEST(Reconciliation, NamesWhatDoesNotMatch) {
  Reconciliation both;
  both.add_ours("same", "", amount("5.0"));
  both.add_theirs("same", "", *amount("5"));
  both.add_ours("ours", "", amount("5"));
  both.add_theirs("theirs", "", *amount("7"));
  both.add_ours("other", "", amount("5"));
  both.add_theirs("other", "", *amount("5.01"));
  EXPECT_EQ(texts(both), (std::vector<std::string>{"different other 5 5.01", "only_ours ours 5 -",
                                                   "only_theirs theirs - 7"}));
  EXPECT_EQ(both.matched(), 1U);
}

TEST(Reconciliation, LinesOfOneTaskAddUpOnBothSides) {
  Reconciliation both;
  both.add_ours("t", "CNY", amount("4"));
  both.add_ours("t", "CNY", amount("-4"));
  both.add_ours("t", "CNY", amount("5.5"));
  both.add_theirs("t", "CNY", *amount("6"));
  both.add_theirs("t", "CNY", *amount("-0.5"));
  EXPECT_TRUE(both.differences().empty());
}

TEST(Reconciliation, ALineWithoutAnAmountMatchesNothing) {
  Reconciliation both;
  both.add_ours("t", "CNY", amount("5"));
  both.add_ours("t", "CNY", std::nullopt);
  both.add_theirs("t", "CNY", *amount("5"));
  EXPECT_EQ(texts(both), (std::vector<std::string>{"different t - 5"}));
}

TEST(Reconciliation, ARowThatCannotBeReadIsThereAndMatchesNothing) {
  Reconciliation both;
  both.add_ours("t", "", amount("5"));
  both.add_unreadable("t");
  both.add_ours("free", "", amount("0"));
  both.add_theirs("free", "", *amount("0"));
  both.add_unreadable("free");
  both.add_unreadable("stranger");
  EXPECT_EQ(texts(both), (std::vector<std::string>{"different free 0 -", "different t 5 -"}));
  EXPECT_EQ(both.matched(), 0U);
}

TEST(Reconciliation, CurrenciesAreNeverMixed) {
  Reconciliation both;
  both.add_ours("t", "CNY", amount("5"));
  both.add_theirs("t", "USD", *amount("5"));
  EXPECT_EQ(texts(both), (std::vector<std::string>{"only_ours t 5 -", "only_theirs t - 5"}));
}

TEST(Reconciliation, ARefundLeavesNothingToMatch) {
  Reconciliation both;
  both.add_ours("failed, not logged", "", amount("0"));
  both.add_ours("failed", "", amount("0"));
  both.add_theirs("failed", "CNY", *amount("5"));
  both.add_theirs("failed", "CNY", *amount("-5"));
  EXPECT_TRUE(both.differences().empty());
  both.add_theirs("unknown", "CNY", *amount("0"));
  EXPECT_EQ(texts(both), (std::vector<std::string>{"only_theirs unknown - 0"}));
}

TEST(Reconciliation, AnUnknownAmountOfOursMatchesNothing) {
  Reconciliation both;
  both.add_ours("logged", "", std::nullopt);
  both.add_theirs("logged", "", *amount("0"));
  both.add_ours("not logged", "", std::nullopt);
  EXPECT_EQ(texts(both),
            (std::vector<std::string>{"different logged - 0", "only_ours not logged - -"}));
}

}  // namespace
