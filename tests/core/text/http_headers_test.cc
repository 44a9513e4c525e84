#include "core/text/http_headers.h"

#include <gtest/gtest.h>

namespace {

using core::ContentRange;

TEST(ContentRangeHeader, CompleteRangesAreRead) {
  EXPECT_EQ(core::parse_content_range("bytes 0-0/1"), (ContentRange{0, 0, 1}));
  EXPECT_EQ(core::parse_content_range("bytes 100-199/200"), (ContentRange{100, 199, 200}));
  EXPECT_EQ(core::parse_content_range("  bytes 5-8/9 "), (ContentRange{5, 8, 9}));
  EXPECT_EQ(core::parse_content_range("bytes 0-9223372036854775806/9223372036854775807"),
            (ContentRange{0, 9223372036854775806, 9223372036854775807}));
}

TEST(ContentRangeHeader, AnythingElseIsIgnored) {
  for (const char* value : {"",
                            "bytes",
                            "bytes ",
                            "bytes */200",
                            "bytes 0-9/*",
                            "bytes 0-9",
                            "bytes -9/10",
                            "bytes 0-/10",
                            "bytes 9-0/10",
                            "bytes 0-10/10",
                            "bytes -1-5/10",
                            "bytes +1-5/10",
                            "bytes 0x1-5/10",
                            "bytes 1 -5/10",
                            "bytes 1-5 /10",
                            "bytes 1-5/10x",
                            "items 0-9/10",
                            "bytes 0/9-10",
                            "bytes 0-9/99999999999999999999",
                            "bytes=0-9/10",
                            "bytes 0--9/10",
                            "bytes 0-9/10, bytes 20-29/30"}) {
    EXPECT_EQ(core::parse_content_range(value), std::nullopt) << value;
  }
}

TEST(EtagHeader, OnlyStrongOnesCount) {
  EXPECT_EQ(core::strong_etag("\"abc\""), "\"abc\"");
  EXPECT_EQ(core::strong_etag(" \"abc\"\t"), "\"abc\"");
  for (const char* value : {"", "\"\"", "\"", "abc", "W/\"abc\"", "w/\"abc\"", "\"abc", "abc\"",
                            "\"a\"b\"", "\"a b\"", "\"a\x7f\"", "\"a\x01\""}) {
    EXPECT_EQ(core::strong_etag(value), "") << value;
    EXPECT_FALSE(core::is_strong_etag(value)) << value;
  }
  EXPECT_FALSE(core::is_strong_etag(" \"abc\"")) << "one entity-tag and nothing else";
  const std::string longest = '"' + std::string(core::kEtagBytesMax - 2, 'x') + '"';
  EXPECT_EQ(core::strong_etag(longest), longest);
  EXPECT_EQ(core::strong_etag('"' + longest.substr(1, longest.size() - 2) + "x\""), "");
}

TEST(NumberHeader, OnlyPlainDecimals) {
  EXPECT_EQ(core::parse_unsigned("0"), 0U);
  EXPECT_EQ(core::parse_unsigned(" 42 "), 42U);
  EXPECT_EQ(core::parse_unsigned("18446744073709551615"), 18446744073709551615U);
  for (const char* value : {"", " ", "-1", "+1", "0x10", "1.0", "1 2", "18446744073709551616"}) {
    EXPECT_EQ(core::parse_unsigned(value), std::nullopt) << value;
  }
}

}  // namespace
