// Which name a video gets, and which existing files it never replaces.
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "core/error.h"
#include "tests/core/video/local/part_world.h"

namespace {

using namespace part_world;

// The failure of one video: the others are still downloaded.
TEST_F(PartFileTest, AMissingPartFailsOnlyItsVideo) {
  const std::string video = support::tiny_mp4(5000);
  for (const std::string replaces : {"", "t1.mp4"}) {
    if (!replaces.empty()) {
      ASSERT_EQ(place(publish(plan("t1"), video)), "t1.mp4");
    }
    core::FilePlan wanted = plan("t1");
    wanted.replaces = replaces.empty() ? "" : (output_ / replaces).string();
    auto part = open(std::move(wanted));
    ASSERT_FALSE(part->restart({}, {}));
    ASSERT_FALSE(part->append(video));
    for (const auto& entry : fs::directory_iterator(output_)) {
      if (entry.path().filename().string().starts_with('.')) {
        fs::remove(entry.path());
      }
    }
    const Outcome outcome = part->publish({});
    EXPECT_EQ(kind(outcome), FailureKind::blocked) << place(outcome);
    EXPECT_NE(place(outcome).find("removed by another program"), std::string::npos);
  }
}

TEST_F(PartFileTest, NeverReplacesAForeignFile) {
  write(output_ / "t1.mp4", "mine");
  write(output_ / "t1-2.mp4", "mine too");
  EXPECT_EQ(place(publish(plan("t1"), support::tiny_mp4(300))), "t1-3.mp4");
  EXPECT_EQ(read(output_ / "t1.mp4"), "mine");
  EXPECT_EQ(read(output_ / "t1-2.mp4"), "mine too");
}

TEST_F(PartFileTest, NeverReplacesOrFollowsAnythingButFiles) {
  const fs::path outside = base_ / "outside";
  write(outside, "precious");
  fs::create_symlink(outside, output_ / "a.mp4");
  fs::create_symlink(base_ / "nowhere", output_ / "b.mp4");
  ASSERT_EQ(mkfifo((output_ / "c.mp4").c_str(), 0600), 0);
  fs::create_directory(output_ / "d.mp4");
  fs::create_hard_link(outside, output_ / "e.mp4");
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    EXPECT_EQ(place(publish(plan(id), support::tiny_mp4(300))), std::string(id) + "-2.mp4");
  }
  EXPECT_EQ(read(outside), "precious");
  EXPECT_FALSE(fs::exists(base_ / "nowhere"));
  EXPECT_TRUE(fs::is_symlink(output_ / "a.mp4") && fs::is_symlink(output_ / "b.mp4"));
  EXPECT_TRUE(fs::is_fifo(output_ / "c.mp4") && fs::is_directory(output_ / "d.mp4"));
}

TEST_F(PartFileTest, TwoVideosOfOneNameGetTwoFiles) {
  const std::string video = support::tiny_mp4(300);
  EXPECT_EQ(place(publish(plan("a:b"), video)), "a_b.mp4");
  EXPECT_EQ(place(publish(plan("a_b"), video)), "a_b-2.mp4") << "though the bytes are equal";
  FilePlan second = plan("a_b");
  second.fields.index = 2;
  EXPECT_EQ(place(publish(second, video)), "a_b-2-2.mp4");
}

TEST_F(PartFileTest, EightThreadsNeverShareAName) {
  constexpr int kThreads = 8;
  constexpr int kEach = 12;
  const std::string video = support::tiny_mp4(300);
  std::vector<std::vector<std::string>> places(kThreads);
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      while (!go) {
        std::this_thread::yield();
      }
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        places[static_cast<std::size_t>(t)].push_back(
            place(download(plan(id, "new/{account}/clip.{ext}"), video)->publish({})));
      }
    });
  }
  go = true;
  std::set<std::string> distinct;
  for (std::size_t t = 0; t < threads.size(); ++t) {
    threads[t].join();
    distinct.insert(places[t].begin(), places[t].end());
  }
  EXPECT_EQ(distinct.size(), std::size_t{kThreads} * kEach);
  EXPECT_EQ(files(), distinct);
}

TEST_F(PartFileTest, AClaimedNameIsLeftAloneEvenWhenFree) {
  const auto claimed = [&](const std::string& path) { return path == output_ / "t1.mp4"; };
  EXPECT_EQ(place(publish(plan("t1"), support::tiny_mp4(300), claimed)), "t1-2.mp4");
  EXPECT_FALSE(fs::exists(output_ / "t1.mp4"));
}

TEST_F(PartFileTest, ALedgerThatFailsLeavesThePart) {
  const std::string video = support::tiny_mp4(300);
  auto part = download(plan("t1"), video);
  const auto broken = [](const std::string&) -> bool { throw core::Error("ledger"); };
  claimed_ = broken;
  EXPECT_THROW(static_cast<void>(part->publish({})), core::Error);
  claimed_ = {};
  part.reset();
  auto again = open(plan("t1"));
  EXPECT_EQ(again->size(), 300);
  EXPECT_EQ(place(again->publish({})), "t1.mp4");
}

// Adoption and replacement.

TEST_F(PartFileTest, AdoptsTheSameBytesOfARunThatDied) {
  const std::string video = support::tiny_mp4(300);
  write(output_ / "t1.mp4", video);
  struct stat before {};
  ASSERT_EQ(stat((output_ / "t1.mp4").c_str(), &before), 0);
  EXPECT_EQ(place(publish(plan("t1"), video)), "t1.mp4");
  struct stat after {};
  ASSERT_EQ(stat((output_ / "t1.mp4").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(files(), std::set<std::string>{"t1.mp4"});
}

TEST_F(PartFileTest, AdoptsOnlyUnclaimedFiles) {
  const std::string video = support::tiny_mp4(300);
  std::string other = video;
  other.back() = static_cast<char>(other.back() ^ 1);
  write(output_ / "bytes.mp4", other);
  EXPECT_EQ(place(publish(plan("bytes"), video)), "bytes-2.mp4");

  write(output_ / "claimed.mp4", video);
  const auto claimed = [&](const std::string& path) { return path == output_ / "claimed.mp4"; };
  EXPECT_EQ(place(publish(plan("claimed"), video, claimed)), "claimed-2.mp4");

  write(base_ / "outside", video);
  fs::create_hard_link(base_ / "outside", output_ / "linked.mp4");
  EXPECT_EQ(place(publish(plan("linked"), video)), "linked-2.mp4");

  fs::create_symlink(base_ / "outside", output_ / "symbolic.mp4");
  EXPECT_EQ(place(publish(plan("symbolic"), video)), "symbolic-2.mp4");

  write(output_ / "second.mp4", "foreign");
  write(output_ / "second-2.mp4", video);
  EXPECT_EQ(place(publish(plan("second"), video)), "second-2.mp4");
}

TEST_F(PartFileTest, ReplacesOnlyTheLedgersOwnFile) {
  const std::string video = support::tiny_mp4(300);
  const auto with = [&](const fs::path& replaces) {
    FilePlan result = plan("t1");
    result.replaces = replaces;
    return result;
  };
  write(output_ / "t1.mp4", "foreign");
  write(output_ / "t1-2.mp4", "cut");
  EXPECT_EQ(place(publish(with(output_ / "t1-2.mp4"), video)), "t1-2.mp4") << "another size";
  EXPECT_EQ(read(output_ / "t1-2.mp4"), video);
  EXPECT_EQ(read(output_ / "t1.mp4"), "foreign");

  fs::remove(output_ / "t1-2.mp4");
  EXPECT_EQ(place(publish(with(output_ / "t1-2.mp4"), video)), "t1-2.mp4") << "it was missing";

  EXPECT_EQ(place(publish(with(output_ / "older/t1.mp4"), video)), "older/t1.mp4")
      << "its folder was missing";
  EXPECT_EQ(files(), (std::set<std::string>{"older/t1.mp4", "t1-2.mp4", "t1.mp4"}));
}

TEST_F(PartFileTest, TheLedgersClaimOnAVideosOwnPathDoesNotHinderIt) {
  // The ledger claims the paths of all its videos, including this one.
  const auto claimed = [&](const std::string& path) { return path == output_ / "t1.mp4"; };
  FilePlan what = plan("t1");
  what.replaces = output_ / "t1.mp4";
  EXPECT_EQ(place(publish(what, support::tiny_mp4(300), claimed)), "t1.mp4") << "missing";
  write(output_ / "t1.mp4", "cut");
  EXPECT_EQ(place(publish(what, support::tiny_mp4(300), claimed)), "t1.mp4") << "another size";
  EXPECT_EQ(place(publish(plan("t1"), support::tiny_mp4(301), claimed)), "t1-2.mp4");
  EXPECT_EQ(files(), (std::set<std::string>{"t1-2.mp4", "t1.mp4"}));
}

TEST_F(PartFileTest, ReplacesNothingElse) {
  const std::string video = support::tiny_mp4(300);
  write(base_ / "outside.mp4", "outside");
  fs::create_directory(base_ / "videos2");
  write(base_ / "videos2/x.mp4", "sibling");
  fs::create_directory(output_ / "folder.mp4");
  fs::create_symlink(base_ / "outside.mp4", output_ / "link.mp4");
  fs::create_symlink(base_, output_ / "up");
  write(output_ / "old.webm", "another container");
  const fs::path not_replaced[] = {
      base_ / "outside.mp4",        output_ / "../outside.mp4",
      base_ / "videos2/x.mp4",      output_ / "folder.mp4",
      output_ / "link.mp4",         output_ / "up/outside.mp4",
      output_ / "old.webm",         output_,
      output_.string() + "//x.mp4", "relative.mp4",
      output_ / "t0.mp4",
  };
  EXPECT_EQ(place(publish(plan("t0"), video)), "t0.mp4") << "this run's own, not recorded yet";
  int number = 0;
  for (const fs::path& path : not_replaced) {
    const std::string id = std::to_string(++number);
    FilePlan what = plan(id);
    what.replaces = path;
    EXPECT_EQ(place(publish(what, support::tiny_mp4(301))), id + ".mp4") << path;
  }
  EXPECT_EQ(read(base_ / "outside.mp4"), "outside");
  EXPECT_EQ(read(base_ / "videos2/x.mp4"), "sibling");
  EXPECT_EQ(read(output_ / "old.webm"), "another container");
  EXPECT_EQ(read(output_ / "t0.mp4"), video);
}

}  // namespace
