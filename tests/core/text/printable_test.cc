#include "core/text/printable.h"

#include <gtest/gtest.h>

#include <optional>
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

class RedactUrls : public testing::TestWithParam<TextCase> {};
TEST_P(RedactUrls, LeavesNoSecret) {
  const std::string redacted = redact_urls(GetParam().text);
  EXPECT_EQ(redacted, GetParam().expected);
  EXPECT_EQ(redacted.find("SECRET"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, RedactUrls,
    testing::Values(
        TextCase{"none", "task failed: 3 = 3? yes", "task failed: 3 = 3? yes"},
        TextCase{"empty", "", ""}, TextCase{"blanks", " \n ", " \n "},
        TextCase{"query", "get https://h.example/v.mp4?Signature=SECRET failed",
                 "get https://h.example/v.mp4 failed"},
        TextCase{"user", "https://user:SECRET@h.example:8443/v", "https://h.example:8443/v"},
        TextCase{"fragment", "https://h.example/v#SECRET", "https://h.example/v"},
        TextCase{"quoted", "Get \"https://h.example/v?x=SECRET\": EOF",
                 "Get \"https://h.example/v\": EOF"},
        TextCase{"angled", "<https://h.example/v?SECRET>", "<https://h.example/v>"},
        TextCase{"two", "https://a.example/?k=SECRET,https://b.example/?k=SECRET x",
                 "https://a.example/ x"},
        TextCase{"two_words", "https://a.example/?k=SECRET http://b.example/?k=SECRET",
                 "https://a.example/ http://b.example/"},
        TextCase{"within_a_word", "url=https://h.example/v?k=SECRET", "url=https://h.example/v"},
        TextCase{"chinese_around", "失败：https://h.example/v?k=SECRET，请重试 x",
                 "失败：https://h.example/v x"},
        TextCase{"chinese_in_query", "https://h.example/v?a=视频&k=SECRET", "https://h.example/v"},
        TextCase{"escaped_ampersand", R"(https://h.example/v?a=1\u0026Signature=SECRET)",
                 "https://h.example/v"},
        TextCase{"other_scheme", "s3+x://h.example/v?k=SECRET", "s3+x://h.example/v"},
        TextCase{"relative", "/v1/tasks/x/content?access=SECRET", "/v1/tasks/x/content?…"},
        TextCase{"no_scheme", "h.example/v?k=SECRET", "h.example/v?…"},
        TextCase{"query_before_scheme", "v?k=SECRET&u=https://h.example/", "v?…"},
        TextCase{"bare_scheme", "://x", "(no URL)"},
        TextCase{"signature_alone", "bad X-Amz-Signature=SECRET here",
                 "bad X-Amz-Signature=… here"}),
    case_name);

TEST(WithoutKey, MasksOnlyTheKey) {
  EXPECT_EQ(without_key("model-of-key-4711", "key-4711"), "model-of-[key]");
  EXPECT_EQ(without_key("key-4711key-4711 ", "key-4711"), "[key][key] ");
  EXPECT_EQ(without_key("", "key-4711"), std::nullopt);
  EXPECT_EQ(without_key("model", "key-4711"), std::nullopt);
  EXPECT_EQ(without_key("success", "success"), std::nullopt) << "too short for a key";
  EXPECT_EQ(without_key("anything", ""), std::nullopt);
}

class RedactKeys : public testing::TestWithParam<TextCase> {};
TEST_P(RedactKeys, LeavesNoKey) { EXPECT_EQ(redact_keys(GetParam().text), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Texts, RedactKeys,
    testing::Values(TextCase{"none", "task-force risk-taking sk-", "task-force risk-taking sk-"},
                    TextCase{"key", "bad key sk-AbCdEf0123456789 given", "bad key sk-… given"},
                    TextCase{"key_at_end", "sk-AbCdEf0123456789", "sk-…"},
                    TextCase{"two", "sk-AbCdEf0123456789,sk-AbCdEf0123456789", "sk-…,sk-…"},
                    TextCase{"bearer", "Authorization: Bearer AbCdEf01.23456789!",
                             "Authorization: Bearer …!"},
                    TextCase{"bearer_key", "bearer sk-AbCdEf0123456789", "bearer …"},
                    TextCase{"inside_a_word", "task-interface", "task-interface"},
                    TextCase{"masked_already", "sk-AbC***xyz", "sk-AbC***xyz"}),
    case_name);

}  // namespace
}  // namespace core
