#include "core/text/redaction.h"

#include <gtest/gtest.h>

#include <string>

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
        RedactionCase{"query_first", "?https://u:SECRET@h", "(no URL)"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(RedactedUrlLength, IsBounded) {
  EXPECT_LE(
      redacted_url("https://" + std::string(100'000, 'x') + "/" + std::string(100'000, 'y')).size(),
      250U);
}

}  // namespace
}  // namespace core
