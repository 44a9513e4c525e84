#include "core/text/ascii.h"

#include <gtest/gtest.h>

#include <string>

namespace core {
namespace {

TEST(Ascii, LowersLettersAndNothingElse) {
  EXPECT_EQ(lower_ascii("AZaz@[`{09"), "azaz@[`{09");
  EXPECT_EQ(lower_ascii("\xC3\x84Ä"), "\xC3\x84Ä");  // no locale's letters
}

TEST(Ascii, ComparesIgnoringCase) {
  EXPECT_TRUE(equal_but_for_case("Task_ID", "tASK_id"));
  EXPECT_FALSE(equal_but_for_case("@", "`"));
  EXPECT_FALSE(equal_but_for_case("a", "ab"));
}

// At every place of texts that are longer than what is looked at at once.
TEST(Ascii, SeesEveryBlankAndEveryByteThatIsNotPrintable) {
  for (const std::size_t size : {1, 15, 16, 17, 40}) {
    const std::string plain(size, 'x');
    EXPECT_FALSE(has_blank(plain));
    EXPECT_TRUE(is_printable_ascii(plain));
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = plain;
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(has_blank(text), byte <= 0x20 || byte == 0x7F) << byte;
        ASSERT_EQ(is_printable_ascii(text), byte >= 0x20 && byte <= 0x7E) << byte;
      }
    }
  }
  EXPECT_FALSE(has_blank(""));
  EXPECT_TRUE(is_printable_ascii(""));
}

TEST(Ascii, TrimsOnlyBothEnds) {
  EXPECT_EQ(trim_ascii(" \ta b\t ", " \t"), "a b");
  EXPECT_EQ(trim_ascii("\na\n", " \t"), "\na\n");
  EXPECT_EQ(trim_ascii("a", " "), "a");
  EXPECT_EQ(trim_ascii("  ", " "), "");
  EXPECT_EQ(trim_ascii("", " "), "");
}

TEST(Ascii, ReadsHexDigits) {
  std::string digits;
  for (int c = -128; c < 128; ++c) {
    if (hex_digit(static_cast<char>(c)) >= 0) {
      digits += static_cast<char>(c);
    }
  }
  EXPECT_EQ(digits, "0123456789ABCDEFabcdef");
  EXPECT_EQ(hex_digit('0'), 0);
  EXPECT_EQ(hex_digit('a'), 10);
  EXPECT_EQ(hex_digit('F'), 15);
}

TEST(Ascii, KnowsLettersAndDigits) {
  EXPECT_TRUE(is_ascii_alphanumeric('a') && is_ascii_alphanumeric('Z') &&
              is_ascii_alphanumeric('5'));
  for (const char c : {'_', '@', '[', '`', '{', '/', ':', '\xE9'}) {
    EXPECT_FALSE(is_ascii_alphanumeric(c)) << c;
  }
}

}  // namespace
}  // namespace core
