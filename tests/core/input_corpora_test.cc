// Replays the seeds and the findings of the fuzz targets (tests/fuzz).
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/input_failures.h"
#include "tests/support/temp_dir.h"

namespace {

struct Corpus {
  std::string name;
  std::string (*failure)(std::string_view);
  std::vector<std::string> folders;
  std::size_t least;
};

const std::vector<Corpus> kCorpora{
    {"answers", support::answer_failure, {"/fuzz_answers", "/answers"}, 80},
    {"lists", support::list_failure, {"/fuzz_lists"}, 20},
    {"videos", support::video_failure, {"/fuzz_videos"}, 30},
    {"prices", support::price_failure, {"/fuzz_prices"}, 14},
};

class InputCorpora : public testing::TestWithParam<Corpus> {};

TEST_P(InputCorpora, HaveNoInputThatBreaksARule) {
  std::size_t read = 0;
  for (const std::string& folder : GetParam().folders) {
    for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA + folder)) {
      EXPECT_EQ(GetParam().failure(support::read_file(entry.path().string())), "") << entry.path();
      ++read;
    }
  }
  EXPECT_GE(read, GetParam().least);
}

INSTANTIATE_TEST_SUITE_P(All, InputCorpora, testing::ValuesIn(kCorpora),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
