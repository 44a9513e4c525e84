#include "cmd/run/error_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"

namespace {

TEST(ErrorWords, AreForPeople) {
  EXPECT_EQ(cmd::error_words("http_503"), "HTTP 503");
  EXPECT_EQ(cmd::error_words("connect"), "no connection");
  EXPECT_EQ(cmd::error_words("video_refused_url"), "address of a video not allowed");
  EXPECT_EQ(cmd::error_words("of_a_later_version"), "of a later version");
}

// A new kind needs words, too.
TEST(ErrorWords, ExistForEveryFailureOfADownload) {
  using Kind = core::FetchFailure::Kind;
  for (int kind = 0; kind <= static_cast<int>(Kind::disk); ++kind) {
    const std::string word = "video_" + std::string(core::name(static_cast<Kind>(kind)));
    std::string without_words = word;
    std::replace(without_words.begin(), without_words.end(), '_', ' ');
    EXPECT_NE(cmd::error_words(word), without_words);
  }
  EXPECT_EQ(core::name(Kind::disk), "disk") << "the last one";
}

}  // namespace
