#include "core/text/printable.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace core {
namespace {

using namespace std::string_literals;

// As bytes: in a literal they would mislead readers of this file.
const std::string kOverride{'\xE2', '\x80', '\xAE'};  // U+202E
const std::string kIsolate{'\xE2', '\x81', '\xA6'};   // U+2066

struct TextCase {
  const char* name;
  std::string text;
  std::string expected;
};

std::string case_name(const testing::TestParamInfo<TextCase>& info) { return info.param.name; }

class Printable : public testing::TestWithParam<TextCase> {};
TEST_P(Printable, IsHarmless) { EXPECT_EQ(printable(GetParam().text, 1000), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Texts, Printable,
    testing::Values(TextCase{"plain", "a B~1 \\", "a B~1 \\"}, TextCase{"empty", "", ""},
                    TextCase{"unicode", "任务 é 😀", "任务 é 😀"},
                    TextCase{"escape", "\x1b[31mred", "\\x1b[31mred"},
                    TextCase{"line_end", "a\r\nb\tc", "a\\x0d\\x0ab\\x09c"},
                    TextCase{"nul", "a\0b"s, "a\\x00b"}, TextCase{"delete", "\x7f", "\\x7f"},
                    TextCase{"c1", "\u0080\u009b31m\u009f\u00a0", "\\x80\\x9b31m\\x9f\u00a0"},
                    TextCase{"bidi", kOverride + "txt" + kIsolate + "\u200f\u061c",
                             "\\u202etxt\\u2066\\u200f\\u061c"},
                    TextCase{"zero_width", "a\u200bb\ufeff\u00ad\u2060",
                             "a\\u200bb\\ufeff\\u00ad\\u2060"},
                    TextCase{"line_separator", "a\u2028b", "a\\u2028b"},
                    TextCase{"tag", "\U000E0041", "\\U000e0041"},
                    TextCase{"invalid_byte", "a\xFFz", "a\\xffz"},
                    TextCase{"lone_continuation", "\x80", "\\x80"},
                    TextCase{"cut_character", "a\xE4\xBB", "a\\xe4\\xbb"},
                    TextCase{"bad_continuation",
                             "\xE4"
                             "AB",
                             "\\xe4AB"},
                    TextCase{"overlong_2", "\xC0\xAF", "\\xc0\\xaf"},
                    TextCase{"overlong_3", "\xE0\x80\xAF", "\\xe0\\x80\\xaf"},
                    TextCase{"overlong_4", "\xF0\x80\x80\xAF", "\\xf0\\x80\\x80\\xaf"},
                    TextCase{"surrogate", "\xED\xA0\x80", "\\xed\\xa0\\x80"},
                    TextCase{"beyond_unicode", "\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
                    TextCase{"five_bytes", "\xF8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"}),
    case_name);

TEST(PrintableCut, EndsBetweenCharactersWithinTheLimit) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abc…");
  EXPECT_EQ(printable("任务超时", 12), "任务超时");
  EXPECT_EQ(printable("任务超时x", 12), "任务超…");
  EXPECT_EQ(printable("任务超时", 11), "任务…");
  EXPECT_EQ(printable("ab\x1b\x1b", 6), "ab…");  // never half of an escape
  EXPECT_EQ(printable("abcd", 3), "…");
  EXPECT_EQ(printable("abcd", 2), "");
  EXPECT_EQ(printable("", 0), "");
}

TEST(PrintableCut, HoldsForEveryLimit) {
  const std::string text = "a\x1b任\xFF" + kOverride + "😀zzzz";
  for (std::size_t limit = 0; limit < 50; ++limit) {
    EXPECT_LE(printable(text, limit).size(), limit);
  }
}

TEST(PrintableAll, NoByteOrLatinCharacterControlsATerminal) {
  std::string text;
  for (int byte = 0; byte < 256; ++byte) {
    text += static_cast<char>(byte);
  }
  for (int code = 0x80; code < 0xA0; ++code) {
    text += '\xC2';
    text += static_cast<char>(code);
  }
  for (const char c : printable(text, 100'000)) {
    EXPECT_TRUE(c >= 0x20 && c < 0x7F) << static_cast<int>(c);
  }
}

}  // namespace
}  // namespace core
