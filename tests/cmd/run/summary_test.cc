#include "cmd/run/summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

cmd::Summary summary() {
  cmd::Summary summary{.run_id = 7, .exit_code = cmd::ExitCode::partly, .rows_read = 20};
  summary.tasks = 20;
  summary.succeeded = 8;
  summary.failed = 2;
  summary.unfinished = 9;
  summary.stale = 4;
  summary.missing = 1;
  summary.stale_left_out = 5;
  summary.videos_left = 6;
  summary.videos_untried = 4;
  summary.tally.queried = 18;
  summary.tally.not_answered = 3;
  summary.tally.unasked = 2;
  summary.tally.unrecognised = 1;
  summary.tally.videos_downloaded = 7;
  summary.tally.videos_failed = 2;
  summary.tally.video_bytes = 2048;
  summary.tally.requests = 30;
  summary.seconds = 1.5;
  return summary;
}

// In each line a task or a video is counted under one word only.
TEST(SummaryText, WordsDoNotOverlap) {
  const std::vector<std::string> lines = cmd::summary_text(summary());
  EXPECT_EQ(lines.at(0),
            "run 7: 20 tasks in 1.5 s: 8 succeeded, 2 failed, 5 unfinished, 4 stale, 1 missing");
  EXPECT_EQ(lines.at(1),
            "asked: 15 answered (1 of them not understood), 3 not answered, 2 unasked, 5 stale and "
            "left out");
  EXPECT_EQ(lines.at(2), "videos: 7 downloaded (2.0 KiB), 2 not fetched, 4 left to a later run");
}

TEST(SummaryText, OfARunWithNothingToDo) {
  const std::vector<std::string> lines = cmd::summary_text({});
  EXPECT_EQ(lines.at(0), "run 0: 0 tasks in 0.0 s: nothing to do");
  EXPECT_EQ(lines.at(1), "asked: nobody");
}

TEST(SummaryJson, CountsTheWholeRun) {
  const auto json = nlohmann::json::parse(cmd::summary_json(summary()));
  EXPECT_EQ(json["unfinished"], 9) << "stale ones included";
  EXPECT_EQ(json["stale"], 4);
  EXPECT_EQ(json["stale_left_out"], 5);
  EXPECT_EQ(json["videos_left"], 6);
  EXPECT_EQ(json["bytes"], 2048);
}

core::Notice not_fetched(const std::string& task, const std::string& why, int video = 1) {
  return {.kind = core::Notice::Kind::video_failed, .task_id = task, .video = video, .text = why};
}

std::vector<std::string> texts(const cmd::FailureList& failures) {
  std::vector<std::string> texts;
  for (const cmd::FailureList::Line& line : failures.lines()) {
    texts.push_back(line.text);
  }
  return texts;
}

TEST(FailureList, NamesAReasonOnceWithTheFirstOfItsTasks) {
  cmd::FailureList failures;
  EXPECT_TRUE(failures.lines().empty());
  failures.add({.kind = core::Notice::Kind::not_answered, .task_id = "a", .text = "HTTP 500"});
  for (const char* task : {"a", "b", "c", "d", "e"}) {
    failures.add(not_fetched(task, "HTTP 403"));
  }
  failures.add(not_fetched("a", "HTTP 404", 2));
  failures.add({.kind = core::Notice::Kind::retry, .task_id = "f", .text = "HTTP 500"});
  EXPECT_EQ(texts(failures), (std::vector<std::string>{
                                 "not answered: a: HTTP 500",
                                 "not fetched: 5 videos: HTTP 403: a, b, c and 2 more",
                                 "not fetched: a (video 2): HTTP 404",
                             }));
  const auto line = failures.lines().at(1);
  EXPECT_EQ(line.kind, core::Notice::Kind::video_failed);
  EXPECT_EQ(line.http_status, 403);
  EXPECT_EQ(line.count, 5U);
}

TEST(FailureList, NumbersAndIdsDoNotMakeAnotherReason) {
  cmd::FailureList failures;
  for (int i = 0; i < 11; ++i) {
    failures.add(not_fetched(std::to_string(i), "HTTP 500: after " + std::to_string(i) + " ms"));
  }
  failures.add(not_fetched("x", "HTTP 502: after 1 ms"));
  EXPECT_EQ(texts(failures), (std::vector<std::string>{
                                 "not fetched: 11 videos: HTTP 500: after * ms: 0, 1, 2 and 8 more",
                                 "not fetched: x: HTTP 502: after 1 ms",
                             }));
  EXPECT_EQ(failures.lines().front().http_status, 500);
}

TEST(FailureList, TheHttpStatusIsTheOneThatTheReasonNames) {
  const std::vector<std::pair<std::string, int>> cases{{"HTTP 403", 403},
                                                       {"HTTP 500: gone", 500},
                                                       {"after 5 attempts: HTTP 429", 429},
                                                       {"HTTP 40", 0},
                                                       {"HTTP x", 0},
                                                       {"HTTP 99999", 0},
                                                       {"HTTP ", 0},
                                                       {"connection refused", 0},
                                                       {"", 0}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(cmd::http_status_in(text), expected) << text;
  }
}

TEST(FailureList, CountsTheReasonsThatHaveNoRoom) {
  cmd::FailureList failures;
  for (std::size_t i = 0; i < cmd::FailureList::kReasonsMax + 3; ++i) {
    failures.add(not_fetched("a", "reason " + std::string(i, 'x')));
  }
  failures.add(not_fetched("b", "reason "));
  const std::vector<std::string> lines = texts(failures);
  ASSERT_EQ(lines.size(), cmd::FailureList::kReasonsMax + 1);
  EXPECT_EQ(lines.front(), "not fetched: 2 videos: reason : a, b");
  EXPECT_EQ(lines.back(), "not fetched: 3 more videos for other reasons");
}

}  // namespace
