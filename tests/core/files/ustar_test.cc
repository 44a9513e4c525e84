#include "core/files/ustar.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace {

TEST(Ustar, WritesTheBytesOfTheStandard) {
  std::string tar;
  core::Ustar archive([&tar](std::string_view bytes) { tar += bytes; });
  archive.begin("a/b.txt", 3);
  archive.add("ab");
  archive.add("c");
  archive.begin("empty", 0);
  archive.finish();
  ASSERT_EQ(tar.size(), 512U * 5);
  EXPECT_EQ(tar.substr(0, 8), std::string("a/b.txt\0", 8));
  EXPECT_EQ(tar.substr(100, 8), std::string("0000644\0", 8));
  EXPECT_EQ(tar.substr(124, 12), std::string("00000000003\0", 12));
  EXPECT_EQ(tar.substr(136, 12), std::string("00000000000\0", 12));
  EXPECT_EQ(tar.substr(257, 8), std::string("ustar\00000", 8));
  unsigned sum = 8 * ' ';
  for (std::size_t at = 0; at < 512; ++at) {
    sum += at < 148 || at >= 156 ? static_cast<unsigned char>(tar[at]) : 0;
  }
  EXPECT_EQ(std::stoul(tar.substr(148, 6), nullptr, 8), sum);
  EXPECT_EQ(tar.substr(154, 2), std::string("\0 ", 2));
  EXPECT_EQ(tar.substr(512, 512), "abc" + std::string(509, '\0'));
  EXPECT_EQ(tar.substr(512 * 3), std::string(1024, '\0')) << "no block for no bytes";
}

TEST(Ustar, RefusesWhatTheFormatDoesNotHave) {
  core::Ustar archive([](std::string_view) {});
  EXPECT_THROW(archive.begin("", 1), core::Error);
  EXPECT_THROW(archive.begin(std::string(101, 'x'), 1), core::Error);
  EXPECT_THROW(archive.begin("x", core::Ustar::kFileBytesMax + 1), core::Error);
  EXPECT_NO_THROW(archive.begin(std::string(100, 'x'), 0));
}

}  // namespace
