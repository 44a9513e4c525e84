#include "core/text/redaction.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace core {
namespace {

struct RedactionCase {
  const char* name;
  std::string url;
  std::string expected;
};

class RedactedUrl : public testing::TestWithParam<RedactionCase> {};
TEST_P(RedactedUrl, NamesTheLinkWithoutItsSecret) {
  EXPECT_EQ(redacted_url(GetParam().url), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Urls, RedactedUrl,
    testing::Values(
        RedactionCase{"query", "https://h.example/v.mp4?Signature=SECRET",
                      "https://h.example/v.mp4"},
        RedactionCase{"fragment", "https://h.example/v.mp4#SECRET?x", "https://h.example/v.mp4"},
        RedactionCase{"user", "https://u:SECRET@h.example:8443/v", "https://h.example:8443/v"},
        RedactionCase{"two_ats", "https://u:SE@CRET@h.example/v", "https://h.example/v"},
        RedactionCase{"at_in_path", "https://h.example/@u/v", "https://h.example/@u/v"},
        RedactionCase{"no_path", "https://h.example", "https://h.example"},
        RedactionCase{"long_path", "https://h.example/" + std::string(80, 'x'),
                      "https://h.example/" + std::string(44, 'x') + "…"},
        RedactionCase{"relative", "/v1/tasks/x/content?access=SECRET", "/v1/tasks/x/content"},
        RedactionCase{"unprintable", "https://h.example/\x1b[31m", "https://h.example/\\x1b[31m"},
        RedactionCase{"other_scheme", "ftp://h.example/v", "ftp://h.example/v"},
        RedactionCase{"data", "data:video/mp4;base64,SECRET", "(no URL)"},
        RedactionCase{"scheme_with_blank", "ht tp://SECRET/", "(no URL)"},
        RedactionCase{"scheme_empty", "://SECRET/", "(no URL)"},
        RedactionCase{"scheme_digit", "1http://SECRET/", "(no URL)"},
        RedactionCase{"text", "SECRET", "(no URL)"}, RedactionCase{"empty", "", "(no URL)"},
        RedactionCase{"signature_in_path", "/v/Signature=SECRET/1.mp4", "/v/Signature=…"},
        RedactionCase{"query_first", "?https://u:SECRET@h", "(no URL)"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(RedactedUrlLength, IsBounded) {
  EXPECT_LE(
      redacted_url("https://" + std::string(100'000, 'x') + "/" + std::string(100'000, 'y')).size(),
      250U);
}

struct TextCase {
  const char* name;
  std::string text;
  std::string expected;
};

std::string case_name(const testing::TestParamInfo<TextCase>& info) { return info.param.name; }

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
                 "bad X-Amz-Signature=… here"},
        TextCase{"signature_in_path", "https://h.example/v;Signature=SECRET,x",
                 "https://h.example/v;Signature=…"},
        TextCase{"signature_before_query", "v;signature=SECRET?k=SECRET", "v;signature=…"}),
    case_name);

TEST(WithoutKey, MasksOnlyTheKey) {
  EXPECT_EQ(without_key("model-of-key-4711", "key-4711"), "model-of-[key]");
  EXPECT_EQ(without_key("key-4711key-4711 ", "key-4711"), "[key][key] ");
  EXPECT_EQ(without_key("", "key-4711"), std::nullopt);
  EXPECT_EQ(without_key("model", "key-4711"), std::nullopt);
  EXPECT_EQ(without_key("success", "success"), std::nullopt) << "too short for a key";
  EXPECT_EQ(without_key("anything", ""), std::nullopt);
}

TEST(MaskKey, AlsoMasksABeginningThatALimitLeft) {
  const std::pair<std::string, std::string> cases[] = {
      {"of key-4711-0815 it", "of [key] it"},
      {"of key-4711-08", "of [key]"},
      {"of key-4711-08…", "of [key]…"},
      {"of key-471", "of key-471"},  // short enough to be a word
      {"key-4711-0 it", "key-4711-0 it"},
  };
  for (const auto& [given, expected] : cases) {
    std::string text = given;
    mask_key(text, "key-4711-0815");
    EXPECT_EQ(text, expected);
  }
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
