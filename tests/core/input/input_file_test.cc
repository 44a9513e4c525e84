#include "core/input/input_file.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/error.h"
#include "tests/support/temp_dir.h"

namespace {

namespace fs = std::filesystem;

class InputFileTest : public ::testing::Test {
 protected:
  std::string written(std::size_t bytes) const {
    const std::string path = dir_.path() + "/list.csv";
    std::ofstream(path) << std::string(bytes, 'x');
    return path;
  }
  // To the end.
  static std::size_t rest_of(const core::ReadBytes& read) {
    std::size_t all = 0;
    std::array<char, 1000> bytes{};
    while (const std::size_t got = read(bytes.data(), bytes.size())) {
      all += got;
    }
    return all;
  }

  support::TempDir dir_;
};

TEST_F(InputFileTest, AFileThatBecomesShorterIsNotReadCompletely) {
  for (const std::uintmax_t left :
       {std::uintmax_t{0}, std::uintmax_t{500}, std::uintmax_t{7'000}}) {
    const std::string path = written(10'000);
    const core::ReadBytes read = core::open_input(path);
    std::array<char, 1000> bytes{};
    ASSERT_EQ(read(bytes.data(), bytes.size()), bytes.size());
    fs::resize_file(path, left);
    try {
      rest_of(read);
      ADD_FAILURE() << left;
    } catch (const core::UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("it became shorter while it was read"),
                std::string::npos)
          << error.what();
    }
  }
}

TEST_F(InputFileTest, AFileMayGrowOrBeReplacedWhileItIsRead) {
  const std::string path = written(10'000);
  core::ReadBytes read = core::open_input(path);
  std::ofstream(path, std::ios::app) << "more";
  EXPECT_EQ(rest_of(read), 10'004);
  read = core::open_input(path);
  fs::remove(path);
  written(10);
  EXPECT_EQ(rest_of(read), 10'004) << "the file that was opened";
}

TEST_F(InputFileTest, AFileWithoutAStatedSizeIsReadToItsEnd) {
  EXPECT_GT(rest_of(core::open_input("/proc/self/status")), 100);
}

}  // namespace
