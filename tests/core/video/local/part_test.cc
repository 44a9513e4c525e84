// What may occupy the place of a part: placed by others, or left by a run that died.
#include <sys/stat.h>

#include <vector>

#include "tests/core/video/local/part_world.h"

namespace {

using namespace part_world;

TEST_F(PartFileTest, APlantedPartIsNeverFollowed) {
  const fs::path outside = base_ / "outside";
  write(outside, "precious");
  const auto expect_refused = [&](const char* what) {
    const FetchFailure failed = refused(plan("t1"));
    EXPECT_EQ(failed.kind, FailureKind::blocked) << what;
    EXPECT_NE(failed.text.find(part_path("t1")), std::string::npos) << what << failed.text;
    EXPECT_EQ(read(outside), "precious") << what;
    fs::remove(part_path("t1"));
  };
  fs::create_symlink(outside, part_path("t1"));
  expect_refused("symbolic link");
  fs::create_symlink(base_ / "nowhere", part_path("t1"));
  expect_refused("dangling link");
  EXPECT_FALSE(fs::exists(base_ / "nowhere"));
  ASSERT_EQ(mkfifo(part_path("t1").c_str(), 0600), 0);
  expect_refused("FIFO");
  fs::create_directory(part_path("t1"));
  expect_refused("folder");
  EXPECT_NE(open(plan("t1")), nullptr);
}

TEST_F(PartFileTest, AHardLinkAsPartLosesOnlyItsName) {
  const std::string video = support::tiny_mp4(300);
  const fs::path outside = base_ / "outside";
  write(outside, "precious");
  fs::create_hard_link(outside, part_path("t1"));
  EXPECT_EQ(place(publish(plan("t1"), video)), "t1.mp4");
  EXPECT_EQ(read(outside), "precious");
  EXPECT_EQ(read(output_ / "t1.mp4"), video);
}

TEST_F(PartFileTest, PlantedNotesAreNeverFollowed) {
  const fs::path outside = base_ / "outside";
  download(plan("t1"), "bytes").reset();
  fs::rename(notes_path("t1"), outside);
  const std::string notes = read(outside);
  fs::create_symlink(outside, notes_path("t1"));
  EXPECT_EQ(open(plan("t1"))->size(), 0);
  fs::create_symlink(outside, notes_path("t1"));
  download(plan("t1"), "bytes").reset();
  EXPECT_EQ(read(outside), notes);
  EXPECT_FALSE(fs::is_symlink(notes_path("t1")));
  EXPECT_EQ(open(plan("t1"))->size(), 5);

  fs::remove(notes_path("t1"));
  fs::create_directory(notes_path("t1"));
  auto part = open(plan("t1"));
  const auto failed = part->restart(kEtag, {.length = 5});
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::blocked);
}

TEST_F(PartFileTest, ALinkedFolderIsNeverEntered) {
  fs::create_directory(base_ / "elsewhere");
  fs::create_directory_symlink(base_ / "elsewhere", output_ / "default");
  fs::create_directories(output_ / "inside/deeper");
  fs::create_directory_symlink("inside", output_ / "link");
  write(output_ / "file", "");
  for (const char* text : {"default/{task_id}", "default/deeper/{task_id}", "link/{task_id}",
                           "link/deeper/{task_id}", "file/{task_id}"}) {
    const FetchFailure failed = refused(plan("t1", text));
    EXPECT_EQ(failed.kind, FailureKind::blocked) << text;
    EXPECT_NE(failed.text.find(output_), std::string::npos) << failed.text;
  }
  EXPECT_TRUE(fs::is_empty(base_ / "elsewhere") && fs::is_empty(output_ / "inside/deeper"));
}

}  // namespace
