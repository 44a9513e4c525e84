#include "core/text/percent.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace {

std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    out.push_back(core::percent_decoded(text, at));
  }
  return out;
}

TEST(Percent, AllButUnreservedCharactersAreEncodedByTheirBytes) {
  EXPECT_EQ(core::percent_encoded("a b/\xC3\xA4+=@$&,;:'()*!~._-", true),
            "a%20b/%C3%A4%2B%3D%40%24%26%2C%3B%3A%27%28%29%2A%21~._-");
  EXPECT_EQ(core::percent_encoded("a/b", false), "a%2Fb");
}

TEST(Percent, WhatIsEncodedIsDecodedOnce) {
  EXPECT_EQ(decoded("a%20b%2f%C3%A4+"), "a b/\xC3\xA4+");
  EXPECT_EQ(decoded("%252F"), "%2F");
}

TEST(Percent, AUrlEndsBeforeItsQueryOrItsFragment) {
  for (const char* url : {"https://h/a", "https://h/a?b", "https://h/a#b", "https://h/a?b#c",
                          "https://h/a#b?c", "https://h/a?", "https://h/a#"}) {
    EXPECT_EQ(core::without_query(url), "https://h/a") << url;
  }
  EXPECT_EQ(core::without_query("?a"), "");
}

TEST(Percent, AStrayPercentSignStays) {
  EXPECT_EQ(decoded("100%"), "100%");
  EXPECT_EQ(decoded("%4"), "%4");
  EXPECT_EQ(decoded("%4g%g4%%41"), "%4g%g4%A");
}

}  // namespace
