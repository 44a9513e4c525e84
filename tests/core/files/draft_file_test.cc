#include "core/files/draft_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>

#include "tests/support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using core::DraftFile;

std::set<std::string> names_in(const support::TempDir& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    names.insert(entry.path().filename());
  }
  return names;
}

void fill(DraftFile& draft, const std::string& text) {
  ASSERT_EQ(draft.create(), 0);
  ASSERT_EQ(draft.write(text.substr(0, 1)), 0);
  ASSERT_EQ(draft.write(text.substr(1)), 0);
  ASSERT_EQ(draft.sync(), 0);
}

TEST(DraftFile, HasNoNameOfTheTargetsUntilItIsPublished) {
  const support::TempDir folder;
  DraftFile draft(AT_FDCWD, folder.path("target"));
  fill(draft, "text");
  EXPECT_EQ(names_in(folder), std::set<std::string>{fs::path(draft.path()).filename()});
  struct stat status {};
  ASSERT_EQ(stat(draft.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07077U, 0U) << "nobody else's";
  EXPECT_EQ(draft.publish_as_new(), 0);
  EXPECT_EQ(draft.sync_folder(), 0);
  EXPECT_TRUE(draft.is_in_place());
  EXPECT_EQ(names_in(folder), std::set<std::string>{"target"});
  EXPECT_EQ(support::read_file(folder.path("target")), "text");
}

TEST(DraftFile, IsRemovedUnlessItWasPublished) {
  const support::TempDir folder;
  {
    DraftFile draft(AT_FDCWD, folder.path("target"));
    fill(draft, "text");
  }
  EXPECT_TRUE(names_in(folder).empty());
}

TEST(DraftFile, TakesAnExistingNameOnlyOnRequest) {
  const support::TempDir folder;
  folder.write("target", "old");
  DraftFile draft(AT_FDCWD, folder.path("target"));
  fill(draft, "text");
  EXPECT_EQ(draft.publish_as_new(), EEXIST);
  EXPECT_EQ(support::read_file(folder.path("target")), "old");
  EXPECT_FALSE(draft.is_in_place());
  EXPECT_EQ(draft.publish_over(), 0);
  EXPECT_EQ(support::read_file(folder.path("target")), "text");
  EXPECT_EQ(names_in(folder), std::set<std::string>{"target"});
}

TEST(DraftFile, LeavesAnothersDraftAloneUnlessItIsRemovedFirst) {
  const support::TempDir folder;
  DraftFile first(AT_FDCWD, folder.path("target"));
  fill(first, "first");
  {
    DraftFile second(AT_FDCWD, folder.path("target"));
    EXPECT_EQ(second.create(), EEXIST);
  }
  EXPECT_EQ(support::read_file(first.path()), "first");
  DraftFile third(AT_FDCWD, folder.path("target"));
  third.remove();
  EXPECT_EQ(third.create(), 0);
  EXPECT_EQ(support::read_file(third.path()), "");
}

TEST(DraftFile, StaysInItsOpenFolderWhateverBecomesOfTheName) {
  const support::TempDir folder;
  fs::create_directory(folder.path("a"));
  const core::Descriptor open_folder(open(folder.path("a").c_str(), O_RDONLY | O_DIRECTORY));
  DraftFile draft(open_folder.number(), "target");
  fill(draft, "text");
  fs::rename(folder.path("a"), folder.path("b"));
  EXPECT_EQ(draft.publish_as_new(), 0);
  EXPECT_EQ(draft.sync_folder(), 0);
  EXPECT_EQ(support::read_file(folder.path("b/target")), "text");
}

TEST(DraftFile, ErrorsAreErrnoValues) {
  const support::TempDir folder;
  EXPECT_EQ(DraftFile(AT_FDCWD, folder.path("none/target")).create(), ENOENT);
  folder.write("file", "");
  EXPECT_EQ(DraftFile(AT_FDCWD, folder.path("file/target")).create(), ENOTDIR);
}

}  // namespace
