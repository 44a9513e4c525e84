#include "core/files/read_whole.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <vector>

#include "core/files/descriptor.h"
#include "tests/support/temp_dir.h"

namespace core {
namespace {

// The kernel writes this text page by page, so that one call returns less than the whole of it.
TEST(ReadAt, GoesOnAfterAShortRead) {
  const Descriptor file(open("/proc/self/smaps", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file.valid());
  std::vector<char> bytes(std::size_t{64} * 1024);
  const ssize_t once = pread(file.number(), bytes.data(), bytes.size(), 0);
  ASSERT_GT(once, 0);
  if (static_cast<std::size_t>(once) == bytes.size()) {
    GTEST_SKIP() << "this kernel returns all of it at once";
  }
  EXPECT_GT(read_at(file.number(), bytes.data(), bytes.size(), 0), once);
}

TEST(ReadAt, EndsWithTheFile) {
  const support::TempDir folder;
  const std::string path = folder.path() + "/file";
  std::ofstream(path) << "0123456789";
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 20> bytes{};
  EXPECT_EQ(read_at(file.number(), bytes.data(), 4, 3), 4);
  EXPECT_EQ(std::string(bytes.data(), 4), "3456");
  EXPECT_EQ(read_at(file.number(), bytes.data(), bytes.size(), 3), 7);
  EXPECT_EQ(read_at(file.number(), bytes.data(), bytes.size(), 10), 0);
}

TEST(ReadAt, SaysWhyItCannotRead) {
  const support::TempDir folder;
  const Descriptor file(open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  char byte = 0;
  EXPECT_EQ(read_at(file.number(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, EISDIR);
}

TEST(ReadWhole, TakesEveryByteOnce) {
  const support::TempDir folder;
  const std::string path = folder.path() + "/file";
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{256} * 1024, std::size_t{512} * 1024 + 1}) {
    std::string text(size, 'x');
    for (std::size_t at = 0; at < size; at += 1000) {
      text[at] = static_cast<char>('a' + at / 1000 % 26);
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string got;
    EXPECT_EQ(read_whole(file.number(), [&](std::string_view piece) { got += piece; }), 0);
    EXPECT_EQ(got, text);
  }
}

}  // namespace
}  // namespace core
