#include "storage/answers/entry_change.h"

#include <gtest/gtest.h>

namespace {

TEST(FactsTaken, AreNotThoseOfAnotherTaskNorOfATaskThatIsFinal) {
  core::AnswerEntry entry;
  entry.answer.facts.model = "m";
  entry.answer.verdict = core::Verdict::unfinished;
  EXPECT_EQ(storage::facts_taken(entry).model, "m");
  entry.answer.verdict = core::Verdict::wrong_task;
  EXPECT_EQ(storage::facts_taken(entry).model, "");
  entry.answer.verdict = core::Verdict::unfinished;
  entry.state = core::TaskState::succeeded;
  EXPECT_EQ(storage::facts_taken(entry).model, "");
}

}  // namespace
