#include "core/domain/task_facts.h"

#include <gtest/gtest.h>

#include <set>

namespace core {
namespace {

TEST(TaskFacts, EveryFactHasItsOwnColumnAndMember) {
  std::set<std::string_view> columns;
  std::set<std::string_view> report_columns;
  TaskFacts facts;
  for (const Fact& fact : kFacts) {
    EXPECT_TRUE(columns.insert(fact.column).second) << fact.column;
    EXPECT_TRUE(report_columns.insert(fact.name_in_reports()).second) << fact.column;
    EXPECT_EQ(fact.kind == FactKind::time, std::holds_alternative<FactTime>(fact.member))
        << fact.column;
    if (const FactTime* time = std::get_if<FactTime>(&fact.member)) {
      EXPECT_FALSE(facts.**time) << fact.column << " stands twice";
      facts.** time = UtcTime{};
    } else {
      std::string& text = facts.*std::get<FactText>(fact.member);
      EXPECT_TRUE(text.empty()) << fact.column << " has the member of " << text;
      text = fact.column;
    }
  }
  EXPECT_EQ(kFacts.size(), kFactTimes.size() + kFactTexts.size());
}

// Closed periods keep the columns of their closing, in the same positions.
TEST(TaskFacts, LaterFactsAreShownAtTheEndOfReports) {
  for (const Fact& fact : kFacts) {
    const bool from_the_first = fact.since == 1;
    EXPECT_TRUE(from_the_first || fact.place == FactPlace::at_the_end ||
                fact.place == FactPlace::not_shown)
        << fact.column;
  }
}

TEST(TaskFacts, ARowIsFoundByItsMember) {
  EXPECT_EQ(fact_of(&TaskFacts::video_count).column, "video_count");
  EXPECT_EQ(fact_of(&TaskFacts::start_time).name_in_reports(), "started_at");
}

}  // namespace
}  // namespace core
