#include "core/files/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "core/error.h"
#include "tests/support/temp_dir.h"

namespace {

TEST(AtomicFile, ReplacesWithTheRequestedMode) {
  const support::TempDir dir;
  const std::string path = dir.write("f", "old and longer");
  const mode_t before = ::umask(077);
  core::write_atomically(path, "new", core::kReadableByAll);
  ::umask(before);
  EXPECT_EQ(support::read_file(path), "new");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(AtomicFile, FailureLeavesTheOldFileAndNoDraft) {
  const support::TempDir dir;
  std::filesystem::create_directory(dir.path("folder"));
  EXPECT_THROW(core::write_atomically(dir.path("folder"), "x", core::kOwnerOnly), core::Error);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
  try {
    core::write_atomically(dir.path("none/f"), "x", core::kOwnerOnly);
    ADD_FAILURE() << "no exception";
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find(dir.path("none/f") + ": No such file"),
              std::string::npos)
        << error.what();
  }
}

TEST(AtomicFile, ReplacesTheTargetOfALinkAndKeepsTheLink) {
  const support::TempDir dir;
  namespace fs = std::filesystem;
  fs::create_directory(dir.path("share"));
  dir.write("share/old", "old");
  fs::create_symlink("share/old", dir.path("link"));
  fs::create_symlink("link", dir.path("link-to-link"));
  fs::create_symlink("share/new", dir.path("dangling"));
  core::write_atomically(dir.path("link-to-link"), "new", core::kOwnerOnly);
  core::write_atomically(dir.path("dangling"), "made", core::kOwnerOnly);
  for (const char* link : {"link", "link-to-link", "dangling"}) {
    EXPECT_TRUE(fs::is_symlink(dir.path(link))) << link;
  }
  EXPECT_EQ(support::read_file(dir.path("share/old")), "new");
  EXPECT_EQ(support::read_file(dir.path("share/new")), "made");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path("share")), {}), 2) << "no draft is left";
}

TEST(AtomicFile, RefusesALinkThatLeadsNowhere) {
  const support::TempDir dir;
  std::filesystem::create_symlink("round", dir.path("round"));
  std::filesystem::create_symlink("none/f", dir.path("no-folder"));
  for (const char* link : {"round", "no-folder"}) {
    EXPECT_THROW(core::write_atomically(dir.path(link), "x", core::kOwnerOnly), core::Error)
        << link;
    EXPECT_TRUE(std::filesystem::is_symlink(dir.path(link))) << link;
  }
}

TEST(AtomicFile, ReplacesNothingButPlainFiles) {
  const support::TempDir dir;
  ASSERT_EQ(::mkfifo(dir.path("pipe").c_str(), 0600), 0);
  const std::string database = std::string("SQLite format 3\0", 16) + "pages";
  std::filesystem::create_symlink("pipe", dir.path("link"));
  for (const std::string& path :
       {dir.path("pipe"), dir.path("link"), dir.write("ledger.db", database)}) {
    EXPECT_THROW(core::write_atomically(path, "x", core::kOwnerOnly), core::Error) << path;
  }
  EXPECT_TRUE(std::filesystem::is_fifo(dir.path("pipe")));
  EXPECT_EQ(support::read_file(dir.path("ledger.db")), database);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 3);
}

}  // namespace
