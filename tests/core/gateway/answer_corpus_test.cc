// Replays the seeds and the findings of the fuzz target (tests/fuzz).
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/answer_failure.h"
#include "tests/support/temp_dir.h"

namespace {

TEST(AnswerCorpus, HasNoAnswerThatBreaksARule) {
  std::size_t read = 0;
  for (const char* folder : {"/fuzz_answers", "/answers"}) {
    for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA + std::string(folder))) {
      EXPECT_EQ(support::answer_failure(support::read_file(entry.path().string())), "")
          << entry.path();
      ++read;
    }
  }
  EXPECT_GT(read, 50U);
}

}  // namespace
