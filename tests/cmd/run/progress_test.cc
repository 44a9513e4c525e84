#include "cmd/run/progress.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "cmd/os/terminal.h"

namespace {

using namespace std::chrono_literals;
using cmd::ProgressCounts;
using Lines = std::vector<std::string>;

ProgressCounts midway() {
  return {.tasks = 5000,
          .queried = 1204,
          .succeeded = 968,
          .failed = 12,
          .unfinished = 209,
          .not_answered = 3,
          .downloads_active = 8,
          .downloads_done = 640,
          .downloads_failed = 2,
          .downloads_left = 318,
          .bytes = 1'503'238'554,
          .bytes_per_second = 12.9e6,
          .elapsed = 125'400ms,
          .remaining = 370s,
          .soonest_end = 192min};
}

std::vector<cmd::VideoProgress> under_way() {
  return {{.name = "first",
           .received = 3 << 20,
           .size = 12 << 20,
           .bytes_per_second = 2 << 20,
           .life = 1h},
          {.name = "a_task_with_a_name_that_is_longer_than_its_column", .received = 1000},
          {.name = "third (video 2)", .received = 900, .size = 900, .is_checked = true}};
}

TEST(ProgressBlock, ShowsOnlyKnownValues) {
  EXPECT_EQ(cmd::progress_block({}, {}), (Lines{"tasks   0 asked, 0 succeeded", "time    0s"}));
  EXPECT_EQ(
      cmd::progress_block(midway(), {}),
      (Lines{"[#######-------------------]  30 %",
             "tasks   1204 of 5000 asked, 968 succeeded, 12 failed, 3 not answered",
             "videos  640 of 968 on disk, 8 under way, 12.3 MiB/s, 318 to come, 2 not fetched",
             "time    2m 05s, a link expires in 3h 12m, about 6m 10s left"}));
  ProgressCounts dead = {};
  dead.soonest_end = -1s;
  EXPECT_EQ(cmd::progress_block(dead, {}).back(), "time    0s, a link has probably expired");
}

TEST(ProgressBlock, TheLastSecondsAreRounded) {
  const auto told = [](std::chrono::milliseconds remaining) {
    return cmd::progress_block({.remaining = remaining}, {}).back();
  };
  EXPECT_EQ(told(3'900ms), "time    0s, about 4s left");
  EXPECT_EQ(told(2'400ms), "time    0s, about 2s left");
  EXPECT_EQ(told(902ms), "time    0s, about 1s left");
  EXPECT_EQ(told(120ms), "time    0s, about 1s left");
}

TEST(ProgressBlock, OneLine) {
  EXPECT_EQ(cmd::progress_line(midway()),
            "tasks 1204 of 5000 asked, 968 succeeded, 12 failed, 3 not answered, 209 unfinished; "
            "videos 640 of 968 on "
            "disk, 8 under way, 12.3 MiB/s, 318 to come, 2 not fetched, 1.4 GiB; time 2m 05s, a "
            "link expires in 3h "
            "12m, about 6m 10s left");
}

// Complete parts are left out, the least important first; nothing ever reaches the last column.
TEST(ProgressBlock, NeverWiderThanTheTerminal) {
  EXPECT_EQ(cmd::progress_block(midway(), {.columns = 42}),
            (Lines{"[###----------]  30 %", "tasks   1204 of 5000 asked, 968 succeeded",
                   "videos  640 of 968 on disk, 8 under way",
                   "time    2m 05s, a link expires in 3h 12m"}));
  ProgressCounts huge = midway();
  for (auto* count :
       {&huge.tasks, &huge.queried, &huge.succeeded, &huge.failed, &huge.unfinished, &huge.bytes}) {
    *count = std::numeric_limits<std::int64_t>::max() / 8;  // as wide, and their sum has room
  }
  huge.videos = under_way();
  huge.note = std::string(300, 'n');
  for (std::size_t columns = 0; columns < 200; ++columns) {
    for (const std::size_t rows : {0U, 1U, 3U, 6U, 24U}) {
      for (const ProgressCounts& counts : {midway(), huge, ProgressCounts{}}) {
        const Lines block = cmd::progress_block(counts, {columns, rows, columns % 2 == 0});
        EXPECT_LE(block.size(), rows - std::min<std::size_t>(rows, 1));
        for (const std::string& line : block) {
          EXPECT_LE(cmd::text_columns(line) + (columns > 0 ? 1 : 0), columns) << line;
        }
      }
    }
  }
}

TEST(ProgressBlock, ABarOfTasksAndVideosIsFullOnlyWhenAllIsDone) {
  const auto bar = [](const ProgressCounts& counts) {
    return cmd::progress_block(counts, {.columns = 31}).front();
  };
  ProgressCounts counts{.tasks = 1000, .queried = 1000, .succeeded = 990, .missing = 10};
  EXPECT_EQ(bar(counts), "[##########] 100 %");
  counts.downloads_left = 1;
  EXPECT_EQ(bar(counts), "[#########-]  99 %");
  counts.downloads_left = 1000;
  EXPECT_EQ(bar(counts), "[#####-----]  50 %");
  counts.queried = counts.succeeded = counts.missing = 0;
  EXPECT_EQ(bar(counts), "[----------]   0 %");
  counts = {
      .tasks = 100, .queried = 50, .succeeded = 50, .downloads_done = 25, .downloads_expected = 25};
  EXPECT_EQ(bar(counts), "[#####-----]  50 %") << "25 videos are to be expected of the others";
  counts = {.tasks = 1, .queried = 1, .waits = true};
  EXPECT_EQ(bar(counts), "[----------]   0 %") << "the answer is not recorded yet";
  counts = {.tasks = 100, .queried = 100, .succeeded = 60, .unfinished = 40, .waits = true};
  EXPECT_EQ(bar(counts), "[######----]  60 %") << "unfinished tasks are asked again";
  counts.waits = false;
  EXPECT_EQ(bar(counts), "[##########] 100 %");
  counts.tasks = 0;
  counts.downloads_done = counts.downloads_left = 5;
  EXPECT_EQ(cmd::progress_block(counts, {.columns = 30}).front().substr(0, 5), "tasks")
      << "no share of a list that is not read to its end";
}

TEST(ProgressBlock, ABarIsDrawnWithUnicodeWhereTheLocaleHasIt) {
  const ProgressCounts counts{.tasks = 10, .queried = 5, .succeeded = 5};
  EXPECT_EQ(cmd::progress_block(counts, {.columns = 19, .utf8 = true}).front(),
            "[\xE2\xA3\xBF\xE2\xA3\xBF\xE2\xA3\xBF\xE2\xA3\x80\xE2\xA3\x80\xE2\xA3\x80]  50 %");
}

TEST(ProgressBlock, TheVideosUnderWayFollowAsManyAsThereIsRoomFor) {
  ProgressCounts counts = midway();
  counts.videos = under_way();
  Lines block = cmd::progress_block(counts, {});
  ASSERT_EQ(block.size(), 7U);
  EXPECT_EQ(block[4],
            "  first                       12.0 MiB   25 %    2.0 MiB/s    expires in 1h 00m");
  EXPECT_EQ(block[5], "  a_task_with..._its_column     1000 B               0 B/s");
  EXPECT_EQ(block[6], "  third (video 2)                900 B            checking");
  block = cmd::progress_block(counts, {.columns = 80, .rows = 7});
  ASSERT_EQ(block.size(), 6U);
  EXPECT_EQ(block[5], "  and 2 more");
  block = cmd::progress_block(counts, {.columns = 50});
  ASSERT_EQ(block.size(), 7U);
  EXPECT_EQ(block[4], "  first              12.0 MiB   25 %    2.0 MiB/s");
  counts.videos.push_back({.name = "fourth"});
  block = cmd::progress_block(counts, {.columns = 40});
  ASSERT_EQ(block.size(), 8U);
  EXPECT_EQ(block[4], "  first       12.0 MiB  25 %  2.0 MiB/s");
  EXPECT_EQ(block[5], "  a_ta...lumn   1000 B            0 B/s");
  EXPECT_EQ(block[6], "  thir...o 2)    900 B         checking");
  EXPECT_EQ(block[7], "  fourth                        waiting") << "for its first byte";
  EXPECT_EQ(cmd::progress_block(counts, {.columns = 36}).size(), 4U) << "no room for figures";
}

TEST(ProgressBlock, SaysWhatStopsTheRunAboveTheVideos) {
  ProgressCounts counts = midway();
  counts.note = "downloads stop: only 3 MiB free";
  counts.videos = under_way();
  const Lines block = cmd::progress_block(counts, {});
  EXPECT_EQ(block[4], counts.note);
  EXPECT_EQ(block.size(), 8U);
}

TEST(SpeedMeter, TheLastSecondsCount) {
  cmd::SpeedMeter meter;
  core::SteadyTime now{};
  EXPECT_EQ(meter.per_second(), 0);
  EXPECT_EQ(meter.time_for(1), std::nullopt);
  std::int64_t total = 0;
  for (int second = 0; second <= 60; ++second) {
    meter.add(now, total);
    total += second < 30 ? 1000 : 100;
    now += 1s;
  }
  EXPECT_DOUBLE_EQ(meter.per_second(), 100);
  EXPECT_EQ(meter.time_for(500), 5s);
  EXPECT_EQ(meter.time_for(0), 0s);
  EXPECT_EQ(meter.time_for(std::numeric_limits<std::int64_t>::max()), std::nullopt);
}

TEST(SpeedMeter, ManyCallsInAMomentKeepTheWindow) {
  cmd::SpeedMeter meter;
  core::SteadyTime now{};
  for (int call = 0; call <= 100'000; ++call) {
    meter.add(now, call);
    now += 1ms;
  }
  EXPECT_NEAR(meter.per_second(), 1000, 1);
}

// Reads the output of a drawer through a pipe.
class Screen {
 public:
  Screen() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  ~Screen() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  [[nodiscard]] int fd() const { return ends_[1]; }
  [[nodiscard]] std::string next() const {
    std::string text(4096, '\0');
    const ssize_t got = ::read(ends_[0], text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(ProgressDrawer, DrawsOverItselfAndLeavesNothing) {
  const Screen screen;
  {
    cmd::ProgressDrawer drawer(screen.fd());
    drawer.draw({"one", "two", "three"}, 80);
    EXPECT_EQ(screen.next(), "one\ntwo\nthree");
    drawer.draw({"four"}, 80);
    EXPECT_EQ(screen.next(), "\r\033[2A\033[Jfour");
    drawer.clear(80);
    EXPECT_EQ(screen.next(), "\r\033[J");
    drawer.clear(80);
    drawer.draw({"five", "six"}, 80);
    EXPECT_EQ(screen.next(), "five\nsix");
  }
  EXPECT_EQ(screen.next(), "\r\033[1A\033[J");
}

TEST(ProgressDrawer, ANarrowerTerminalHasWrapped) {
  const Screen screen;
  cmd::ProgressDrawer drawer(screen.fd());
  drawer.draw({std::string(60, 'a'), "b"}, 80);
  static_cast<void>(screen.next());
  drawer.draw({"c"}, 25);
  EXPECT_EQ(screen.next(), "\r\033[3A\033[Jc");
  drawer.draw({std::string(60, 'a'), "b"}, 80);
  static_cast<void>(screen.next());
  drawer.clear(25);
  EXPECT_EQ(screen.next(), "\r\033[3A\033[J");
}

TEST(ProgressDrawer, ALineIsAsLongAsItsColumns) {
  const Screen screen;
  cmd::ProgressDrawer drawer(screen.fd());
  drawer.draw({"\xE2\xA3\xBF\xE2\xA3\xBF\xE2\xA3\xBF"}, 3);
  static_cast<void>(screen.next());
  drawer.clear(3);
  EXPECT_EQ(screen.next(), "\r\033[J") << "nine bytes, three columns";
}

}  // namespace
