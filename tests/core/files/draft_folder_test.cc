#include "core/files/draft_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "tests/support/temp_dir.h"

namespace {

namespace fs = std::filesystem;

class DraftFolder : public testing::Test {
 protected:
  void fill(const core::DraftFolder& draft) { std::ofstream(draft.path() + "/file") << "x"; }
  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(folder_.path("")), fs::directory_iterator());
  }

  support::TempDir folder_;
  std::string target_ = folder_.path("bundle");
};

TEST_F(DraftFolder, GetsItsNameWhenItIsPublished) {
  {
    core::DraftFolder draft(target_);
    fill(draft);
    EXPECT_FALSE(fs::exists(target_));
    draft.publish();
  }
  EXPECT_TRUE(fs::exists(target_ + "/file"));
  EXPECT_EQ(entries(), 1);
}

TEST_F(DraftFolder, IsRemovedUnlessItIsPublished) {
  {
    core::DraftFolder draft(target_);
    fill(draft);
  }
  EXPECT_EQ(entries(), 0);
}

TEST_F(DraftFolder, ReplacesAnEmptyFolderAlone) {
  fs::create_directory(target_);
  core::DraftFolder(target_).publish();
  std::ofstream(target_ + "/mine") << "x";
  core::DraftFolder draft(target_);
  fill(draft);
  EXPECT_THROW(draft.publish(), core::Error);
  EXPECT_TRUE(fs::exists(target_ + "/mine"));
}

TEST_F(DraftFolder, RemovesWhatDeadProcessesLeftOfTheSameTarget) {
  for (const char* left : {".bundle.1.tmp", ".other.1.tmp", ".bundle.keep"}) {
    fs::create_directory(folder_.path(left));
    std::ofstream(folder_.path(left) + "/half") << "x";
  }
  const core::DraftFolder alive(target_ + "2");
  {
    const core::DraftFolder draft(target_);
    EXPECT_FALSE(fs::exists(folder_.path(".bundle.1.tmp")));
  }
  EXPECT_TRUE(fs::exists(folder_.path(".other.1.tmp/half")));
  EXPECT_TRUE(fs::exists(folder_.path(".bundle.keep/half")));
  EXPECT_TRUE(fs::exists(alive.path()));
}

TEST_F(DraftFolder, NeedsAParent) {
  EXPECT_THROW(core::DraftFolder(folder_.path("none/bundle")), core::Error);
}

}  // namespace
