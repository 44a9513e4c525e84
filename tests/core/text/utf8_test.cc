#include "core/text/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace core {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15: general category Cf, and all others with the property Default_Ignorable_Code_Point,
// except the variation selectors U+FE00 to U+FE0F.
const std::vector<Range> kWithoutShape{
    {0xAD, 0xAD},       {0x34F, 0x34F},     {0x600, 0x605},     {0x61C, 0x61C},
    {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},
    {0x202A, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
    {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};

TEST(Utf8Invisible, CoversFormatControlsAndWhatFontsMayIgnore) {
  for (const Range& range : kWithoutShape) {
    for (char32_t code = range.first; code <= range.last; ++code) {
      EXPECT_TRUE(is_invisible(code)) << std::hex << static_cast<unsigned>(code);
    }
  }
}

TEST(Utf8Invisible, LeavesWhatIsSeen) {
  // Letters, accents, blanks, the neighbours of each range, and an emoji's selector.
  for (const char32_t code :
       {U'A', U'é', U'任', U' ', char32_t{0xA0}, char32_t{0xAC}, char32_t{0xAE}, char32_t{0x301},
        char32_t{0x606}, char32_t{0x61B}, char32_t{0x61D}, char32_t{0x2010}, char32_t{0x2027},
        char32_t{0x2070}, char32_t{0x3000}, char32_t{0xFE0F}, char32_t{0xFFFD}, char32_t{0x1F600},
        char32_t{0xE1000}}) {
    EXPECT_FALSE(is_invisible(code)) << std::hex << static_cast<unsigned>(code);
  }
}

TEST(Utf8Start, EndsBetweenCharacters) {
  const std::string text = "a任😀";  // 1, 3 and 4 bytes
  const std::vector<std::string> starts{"",    "a",   "a",   "a",    "a任",
                                        "a任", "a任", "a任", "a任😀", "a任😀"};
  for (std::size_t limit = 0; limit < starts.size(); ++limit) {
    EXPECT_EQ(utf8_start(text, limit), starts[limit]) << limit;
  }
  EXPECT_EQ(utf8_start("\x80\x80\x80", 2), "");  // no character begins here
}

}  // namespace
}  // namespace core
