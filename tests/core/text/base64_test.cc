#include "core/text/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

// RFC 4648, section 10.
TEST(Base64, HasTheVectorsOfItsStandard) {
  for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"f", "Zg=="},
           {"fo", "Zm8="},
           {"foo", "Zm9v"},
           {"foob", "Zm9vYg=="},
           {"fooba", "Zm9vYmE="},
           {"foobar", "Zm9vYmFy"},
           {std::string("\xff\xfe\0\xfb", 4), "//4A+w=="}}) {
    EXPECT_EQ(core::base64(bytes), text);
    EXPECT_EQ(core::from_base64(text), bytes);
  }
}

TEST(Base64, ReadingEndsAtTheFirstOtherCharacter) {
  EXPECT_EQ(core::from_base64("Zm9v Zm9v"), "foo");
  EXPECT_EQ(core::from_base64("-"), "");
}

}  // namespace
