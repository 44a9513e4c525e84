#include "cmd/cli/config_file.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace {

std::string refusal(const char* text) {
  try {
    static_cast<void>(cmd::parse_config(text, "c.toml"));
  } catch (const core::UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(ConfigFile, HasBudgets) {
  const cmd::ConfigFile file = cmd::parse_config(
      "[budget.all]\namount = \"5000 USD\"\n"
      "[budget.some]\nlabel = [\"customer=ACME\", \"customer=\", \"team=a\"]\namount = \"0.50 "
      "CNY\"\n",
      "c.toml");
  ASSERT_EQ(file.budgets.size(), 2U);
  const cmd::FileBudget& all = file.budgets.at("all");
  EXPECT_TRUE(all.labels.empty());
  EXPECT_EQ(all.amount.text() + " " + all.currency, "5000 USD");
  const cmd::FileBudget& some = file.budgets.at("some");
  EXPECT_EQ(some.labels, (core::LabelFilter{{"customer", {"", "ACME"}}, {"team", {"a"}}}));
  EXPECT_EQ(some.amount.text() + " " + some.currency, "0.5 CNY");
}

TEST(ConfigFile, MistakesInBudgetsNameLineKeyAndTheRightForm) {
  struct Case {
    const char* text;
    const char* message;
  };
  for (const Case& one : {
           Case{"budget = 5", "c.toml:1: budget must be a table for each budget: [budget.NAME]"},
           Case{"[budget]\na = 5", "c.toml:2: budget.a must be a table: [budget.a]"},
           Case{"[budget.a]\nlabel = \"x=y\"", "c.toml:1: budget.a has no amount"},
           Case{"[budget.a]\nlabel = []\namount = \"5 USD\"",
                "c.toml:2: budget.a.label is an empty list"},
           Case{"[budget.a]\nlabel = \"acme\"\namount = \"5 USD\"",
                "c.toml:2: budget.a.label = acme must be NAME=VALUE"},
           Case{"[budget.a]\nlabels = \"a=b\"",
                "c.toml:2: budget.a.labels is not a setting (did you mean label?)"},
           Case{"[budget.a]\namount = \"\"",
                "c.toml:2: budget.a.amount must be a text in quotes, not an empty one"},
           Case{"[budget.a]\namount = 5",
                "c.toml:2: budget.a.amount must be a text in quotes, not a whole number"},
           Case{"[budget.a]\namount = \"5 RMB\"",
                "c.toml:2: budget.a.amount = 5 RMB must be a number and a code of ISO 4217"},
           Case{"[budget.a]\namount = \"0 USD\"", "such as \"5000 USD\""},
           Case{"[budget.a]\namount = \"USD 5\"", "such as \"5000 USD\""},
       }) {
    const std::string message = refusal(one.text);
    EXPECT_NE(message.find(one.message), std::string::npos) << one.text << "\n" << message;
  }
}

}  // namespace
