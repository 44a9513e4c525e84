#include "core/engine/transport.h"

#include <gtest/gtest.h>

#include <set>

namespace {

using FailureKind = core::FetchFailure::Kind;

TEST(FetchFailureKind, EachHasItsOwnWord) {
  std::set<std::string_view> words;
  constexpr int kLast = static_cast<int>(FailureKind::disk);
  for (int i = 0; i <= kLast; ++i) {
    const std::string_view word = core::name(static_cast<FailureKind>(i));
    EXPECT_NE(word, "?");
    EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
    words.insert(word);
  }
  EXPECT_EQ(words.size(), static_cast<std::size_t>(kLast) + 1);
  EXPECT_EQ(core::name(FailureKind::not_a_video), "not_a_video");
}

}  // namespace
