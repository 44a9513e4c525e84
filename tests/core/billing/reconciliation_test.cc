#include "core/billing/reconciliation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace {

using core::Decimal;
using core::Reconciliation;

std::optional<Decimal> amount(const char* text) { return Decimal::parse(text); }

// A comparison as text.
struct Compared {
  std::vector<std::string> differences;  // "result task ours theirs"; `-` for none
  std::string counts;
};

Compared compared(Reconciliation& both) {
  const auto text = [](const std::optional<Decimal>& one) { return one ? one->text() : "-"; };
  Compared found;
  const Reconciliation::Counts counts = both.compare([&](const Reconciliation::Difference& one) {
    found.differences.push_back(std::string(core::name(one.result)) + " " + one.task_id + " " +
                                text(one.ours) + " " + text(one.theirs));
  });
  found.counts =
      std::to_string(counts.matched) + " matched, " + std::to_string(counts.only_ours) +
      " only ours, " + std::to_string(counts.only_theirs) + " only theirs, " +
      std::to_string(counts.different) + " different" +
      (counts.without_amount == 0 ? "" : ", " + std::to_string(counts.without_amount) + " blank");
  return found;
}

TEST(Reconciliation, NamesWhatDoesNotMatch) {
  Reconciliation both;
  both.add_ours("same", "", amount("5.0"));
  both.add_theirs("same", "", *amount("5"));
  both.add_ours("ours", "", amount("5"));
  both.add_theirs("theirs", "", *amount("7"));
  both.add_ours("other", "", amount("5"));
  both.add_theirs("other", "", *amount("5.01"));
  const Compared found = compared(both);
  EXPECT_EQ(found.differences,
            (std::vector<std::string>{"different other 5 5.01", "only_ours ours 5 -",
                                      "only_theirs theirs - 7"}));
  EXPECT_EQ(found.counts, "1 matched, 1 only ours, 1 only theirs, 1 different");
}

TEST(Reconciliation, LinesOfOneTaskAddUpOnBothSides) {
  Reconciliation both;
  both.add_ours("t", "CNY", amount("4"));
  both.add_ours("t", "CNY", amount("-4"));
  both.add_ours("t", "CNY", amount("5.5"));
  both.add_theirs("t", "CNY", *amount("6"));
  both.add_theirs("t", "CNY", *amount("-0.5"));
  EXPECT_TRUE(compared(both).differences.empty());
}

TEST(Reconciliation, ALineWithoutAnAmountMatchesNothing) {
  Reconciliation both;
  both.add_ours("t", "CNY", amount("5"));
  both.add_ours("t", "CNY", std::nullopt);
  both.add_theirs("t", "CNY", *amount("5"));
  EXPECT_EQ(compared(both).differences, (std::vector<std::string>{"different t - 5"}));
}

TEST(Reconciliation, AnUnreadableRowCountsAndMatchesNothing) {
  Reconciliation both;
  both.add_ours("t", "", amount("5"));
  both.add_unreadable("t");
  both.add_ours("free", "", amount("0"));
  both.add_theirs("free", "", *amount("0"));
  both.add_unreadable("free");
  both.add_unreadable("stranger");
  const Compared found = compared(both);
  EXPECT_EQ(found.differences, (std::vector<std::string>{"different free 0 -", "different t 5 -"}));
  EXPECT_EQ(found.counts, "0 matched, 0 only ours, 0 only theirs, 2 different");
}

TEST(Reconciliation, CurrenciesAreNeverMixed) {
  Reconciliation both;
  both.add_ours("t", "CNY", amount("5"));
  both.add_theirs("t", "USD", *amount("5"));
  EXPECT_EQ(compared(both).differences,
            (std::vector<std::string>{"different t 5 -", "different t - 5"}))
      << "both sides know the task";
}

TEST(Reconciliation, ATaskCountsOnceWhateverItsUnits) {
  struct Row {
    const char* unit;
    const char* ours;  // null: no line; empty: a line without an amount
    const char* theirs;
  };
  struct Case {
    const char* name;
    std::vector<Row> rows;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"a failure, whose cost of 0 has no currency",
       {{"", "0", nullptr}, {"USD", nullptr, "0"}},
       "1 matched, 0 only ours, 0 only theirs, 0 different"},
      {"two currencies that match",
       {{"CNY", "5.0", "5"}, {"USD", "1", "1.00"}},
       "1 matched, 0 only ours, 0 only theirs, 0 different"},
      {"one of two currencies matches",
       {{"CNY", "5", "5"}, {"USD", "1", "2"}},
       "0 matched, 0 only ours, 0 only theirs, 1 different"},
      {"another currency",
       {{"CNY", "5", nullptr}, {"USD", nullptr, "5"}},
       "0 matched, 0 only ours, 0 only theirs, 1 different"},
      {"two currencies of a stranger",
       {{"CNY", nullptr, "5"}, {"USD", nullptr, "5"}},
       "0 matched, 0 only ours, 1 only theirs, 0 different"},
      {"two currencies that they lack",
       {{"CNY", "5", nullptr}, {"USD", "5", nullptr}},
       "0 matched, 1 only ours, 0 only theirs, 0 different"},
      {"neither knows the amount",
       {{"", "", ""}},
       "1 matched, 0 only ours, 0 only theirs, 0 different, 1 blank"},
      {"they do not know the amount",
       {{"", "5", ""}},
       "0 matched, 0 only ours, 0 only theirs, 1 different"},
  };
  for (const Case& one : cases) {
    Reconciliation both;
    for (const Row& row : one.rows) {
      if (row.ours != nullptr) {
        both.add_ours("t", row.unit, amount(row.ours));
      }
      if (row.theirs != nullptr) {
        both.add_theirs("t", row.unit, amount(row.theirs));
      }
    }
    EXPECT_EQ(compared(both).counts, one.expected) << one.name;
  }
}

TEST(Reconciliation, ARefundLeavesNothingToMatch) {
  Reconciliation both;
  both.add_ours("failed, not logged", "", amount("0"));
  both.add_ours("failed", "", amount("0"));
  both.add_theirs("failed", "CNY", *amount("5"));
  both.add_theirs("failed", "CNY", *amount("-5"));
  EXPECT_TRUE(compared(both).differences.empty());
  both.add_theirs("unknown", "CNY", *amount("0"));
  EXPECT_EQ(compared(both).differences, (std::vector<std::string>{"only_theirs unknown - 0"}));
}

TEST(Reconciliation, AReversedUnknownAmountIsKnownAgain) {
  for (const bool with_the_line : {true, false}) {
    Reconciliation both;
    if (with_the_line) {
      both.add_ours("t", "", std::nullopt);
    }
    both.add_ours("t", "", std::nullopt, true);
    both.add_ours("t", "CNY", amount("5"));
    both.add_theirs("t", "CNY", amount("5"));
    EXPECT_EQ(compared(both).counts, "1 matched, 0 only ours, 0 only theirs, 0 different");
  }
}

TEST(Reconciliation, AnUnknownAmountOfOursMatchesNothing) {
  Reconciliation both;
  both.add_ours("logged", "", std::nullopt);
  both.add_theirs("logged", "", *amount("0"));
  both.add_ours("not logged", "", std::nullopt);
  EXPECT_EQ(compared(both).differences,
            (std::vector<std::string>{"different logged - 0", "only_ours not logged - -"}));
}

// More than fits into memory is compared by way of a file.
TEST(Reconciliation, HundredsOfThousandsOfLinesAreComparedInOrder) {
  constexpr int kTasks = 300'000;
  Reconciliation both;
  for (int i = 0; i < kTasks; ++i) {
    const std::string task = "asyntask_with_a_long_name_" + std::to_string(i * 7919LL % kTasks);
    both.add_ours(task, "CNY", amount("5"));
    both.add_theirs(task, "CNY", amount(i % 100'000 == 1 ? "6" : "5"));
  }
  const Compared found = compared(both);
  EXPECT_EQ(found.counts, "299997 matched, 0 only ours, 0 only theirs, 3 different");
  ASSERT_EQ(found.differences.size(), 3U);
  EXPECT_TRUE(std::is_sorted(found.differences.begin(), found.differences.end()));
}

TEST(ReconciliationTolerance, AmountsNearEachOtherMatchAndTotalsTellBoth) {
  const auto counts_with = [](const char* tolerance) {
    Reconciliation both;
    both.add_ours("a", "USD", *core::Decimal::parse("1"));
    both.add_theirs("a", "USD", *core::Decimal::parse("1.004"));
    both.add_ours("b", "USD", *core::Decimal::parse("2"));
    both.add_theirs("b", "USD", *core::Decimal::parse("1.99"));
    both.add_theirs("c", "EUR", *core::Decimal::parse("-3"));
    return both.compare([](const Reconciliation::Difference&) {}, *core::Decimal::parse(tolerance));
  };
  EXPECT_EQ(counts_with("0").different, 2U);
  EXPECT_EQ(counts_with("0.004").different, 1U);
  EXPECT_EQ(counts_with("0.01").matched, 2U);
  const auto totals = counts_with("0").totals;
  EXPECT_EQ(totals.at("USD").ours.text() + " " + totals.at("USD").theirs.text(), "3 2.994");
  EXPECT_EQ(totals.at("EUR").theirs.text(), "-3");
}

}  // namespace
