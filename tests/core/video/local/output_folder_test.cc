#include "core/video/local/output_folder.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/error.h"

namespace {

namespace fs = std::filesystem;
using core::OutputFolder;

class OutputFolderTest : public testing::Test {
 protected:
  OutputFolderTest() : before_(fs::current_path()) {
    std::string pattern = testing::TempDir() + "output_folder_XXXXXX";
    base_ = mkdtemp(pattern.data());
    fs::current_path(base_);
  }
  ~OutputFolderTest() override {
    fs::current_path(before_);
    fs::remove_all(base_);
  }

  fs::path before_;
  fs::path base_;
};

TEST_F(OutputFolderTest, IsMadeAndItsPathIsAbsolute) {
  EXPECT_EQ(OutputFolder("a/b/c").path(), base_ / "a/b/c");
  EXPECT_EQ(OutputFolder("./a//b/").path(), base_ / "a/b");
  EXPECT_EQ(OutputFolder("a/../d").path(), fs::canonical(base_) / "d");
  EXPECT_EQ(OutputFolder(".").path(), base_);
  fs::create_directory_symlink(base_ / "d", base_ / "link");
  EXPECT_EQ(OutputFolder("link").path(), base_ / "link");
  EXPECT_EQ(OutputFolder("/").absolute("x"), "/x");
  EXPECT_EQ(OutputFolder("a").absolute("x/y"), base_ / "a/x/y");
}

TEST_F(OutputFolderTest, ThatCannotBeCreatedIsAnError) {
  std::ofstream("file").close();
  for (const fs::path& path : {base_ / "file", base_ / "file/below", fs::path("/proc/nothing/x")}) {
    try {
      const OutputFolder folder(path.string());
      ADD_FAILURE() << path;
    } catch (const core::Error& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(OutputFolder(""), core::UsageError);
}

TEST_F(OutputFolderTest, OpensFoldersBelowAndNoneElsewhere) {
  const OutputFolder folder("out");
  EXPECT_TRUE(folder.open("").valid());
  const core::Descriptor made = folder.open("a/b");
  ASSERT_TRUE(made.valid());
  EXPECT_TRUE(fs::is_directory("out/a/b"));
  EXPECT_EQ(folder.sync(made.number(), "a/b"), 0);
  fs::create_directory_symlink(base_, "out/up");
  EXPECT_FALSE(folder.open("up").valid());
  EXPECT_FALSE(folder.open("up/new").valid());
  EXPECT_FALSE(folder.open("../new").valid());
  EXPECT_FALSE(fs::exists("new"));
}

TEST_F(OutputFolderTest, SyncsTheFoldersThatItMadeOnce) {
  const OutputFolder folder("out");
  const core::Descriptor made = folder.open("a/b");
  ASSERT_TRUE(made.valid());
  fs::rename("out/a", "out/away");
  EXPECT_EQ(folder.sync(made.number(), "a/b"), ENOENT) << "the name of b is in a";
  fs::rename("out/away", "out/a");
  EXPECT_EQ(folder.sync(made.number(), "a/b"), 0);
  fs::rename("out/a", "out/away");
  EXPECT_EQ(folder.sync(made.number(), "a/b"), 0) << "the names are durable already";
}

TEST_F(OutputFolderTest, AReservedNameBelongsToOneVideo) {
  const OutputFolder folder("out");
  constexpr std::uint64_t kOne = 1;
  constexpr std::uint64_t kOther = 2;
  using Reservation = OutputFolder::Reservation;
  {
    const Reservation first(folder, "x", kOne);
    EXPECT_TRUE(first.held());
    EXPECT_FALSE(Reservation(folder, "x", kOther).held());
    EXPECT_TRUE(Reservation(folder, "x", kOne).held());
    EXPECT_FALSE(Reservation(folder, "x", kOther).held()) << "the first one still has it";
    EXPECT_TRUE(Reservation(folder, "y", kOther).held());
  }
  Reservation again(folder, "x", kOther);
  EXPECT_TRUE(again.held()) << "given back";
  again.keep();
  { const Reservation same(folder, "x", kOther); }
  EXPECT_FALSE(Reservation(folder, "x", kOne).held()) << "kept";
}

TEST_F(OutputFolderTest, ForgetsTheOldestReservationsOnly) {
  const OutputFolder folder("out");
  constexpr int kMany = 70000;
  for (int i = 0; i < kMany; ++i) {
    OutputFolder::Reservation reservation(folder, std::to_string(i), 1);
    reservation.keep();
  }
  EXPECT_FALSE(OutputFolder::Reservation(folder, std::to_string(kMany - 1), 2).held());
  EXPECT_FALSE(OutputFolder::Reservation(folder, std::to_string(kMany - 65000), 2).held());
  EXPECT_TRUE(OutputFolder::Reservation(folder, "0", 2).held());
}

}  // namespace
