#include "core/http_headers.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using core::ContentRange;

TEST(ContentRange, ReadsACompleteRange) {
  EXPECT_EQ(core::parse_content_range("bytes 5-9/10"), (ContentRange{5, 9, 10}));
  EXPECT_EQ(core::parse_content_range(" bytes 0-0/1 "), (ContentRange{0, 0, 1}));
}

TEST(ContentRange, AnythingElseIsNone) {
  for (const std::string text :
       {"", "bytes", "bytes */10", "bytes 5-9/*", "bytes 9-5/10", "bytes 5-10/10", "bytes -5-9/10",
        "bytes 5-9/10x", "bytes 5-9", "chars 5-9/10", "bytes 5/9-10", "bytes 5-/10", "bytes -9/10",
        "bytes 99999999999999999999-5/10", "bytes 5 - 9/10"}) {
    EXPECT_FALSE(core::parse_content_range(text).has_value()) << text;
  }
}

TEST(StrongEtag, OnlyAStrongOneCounts) {
  EXPECT_EQ(core::strong_etag("\"abc\""), "\"abc\"");
  EXPECT_EQ(core::strong_etag(" \"abc\" "), "\"abc\"");
  for (const std::string text : {"", "\"\"", "W/\"abc\"", "abc", "\"abc", "abc\""}) {
    EXPECT_EQ(core::strong_etag(text), "") << text;
  }
}

TEST(ParseUnsigned, OnlyDigits) {
  EXPECT_EQ(core::parse_unsigned("0"), 0U);
  EXPECT_EQ(core::parse_unsigned(" 18446744073709551615"), 18446744073709551615ULL);
  for (const std::string text : {"", "-1", "+1", "18446744073709551616", "1x", "x"}) {
    EXPECT_FALSE(core::parse_unsigned(text).has_value()) << text;
  }
}

}  // namespace
