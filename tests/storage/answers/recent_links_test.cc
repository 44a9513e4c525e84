#include "storage/answers/recent_links.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using storage::RecentLinks;

core::VideoLink link(int index, const std::string& url = "https://h/a") {
  return {.index = index, .url = url, .expires_at = {}};
}

TEST(RecentLinks, AreFoundByTheirSnapshot) {
  RecentLinks links;
  links.expect_readers();
  links.keep(1, 10, link(1, "https://h/old"));
  links.keep(1, 11, link(1, "https://h/new"));
  links.keep(1, 11, link(2));
  EXPECT_FALSE(links.find(1, 1, 10)) << "a later answer replaced it";
  EXPECT_EQ(links.find(1, 1, 11).value().url, "https://h/new");
  links.forget(1, 1);
  EXPECT_FALSE(links.find(1, 1, 11));
  EXPECT_TRUE(links.find(1, 2, 11));
  links.clear();
  EXPECT_FALSE(links.find(1, 2, 11));
}

TEST(RecentLinks, AreKeptOnlyForReaders) {
  RecentLinks links;
  links.keep(1, 10, link(1));
  EXPECT_FALSE(links.find(1, 1, 10));
  links.expect_readers();
  links.keep(1, 10, link(1));
  EXPECT_TRUE(links.find(1, 1, 10));
}

TEST(RecentLinks, AreBounded) {
  RecentLinks links;
  links.expect_readers();
  constexpr auto kMax = static_cast<core::TaskKey>(RecentLinks::kLinksMax);
  for (core::TaskKey task = 0; task <= kMax; ++task) {
    links.keep(task, task, link(1));
  }
  EXPECT_TRUE(links.find(kMax - 1, 1, kMax - 1));
  EXPECT_FALSE(links.find(kMax, 1, kMax)) << "there was no room";
  links.keep(0, 7, link(1, std::string(RecentLinks::kBytesMax + 1, 'u')));
  EXPECT_FALSE(links.find(0, 1, 7)) << "too long to be kept";
  EXPECT_FALSE(links.find(0, 1, 0)) << "and no older link stands in its place";
}

}  // namespace
