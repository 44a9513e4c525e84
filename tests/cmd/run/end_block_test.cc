#include "cmd/run/end_block.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using cmd::ExitCode;
using cmd::Summary;
using Lines = std::vector<std::string>;

core::Notice notice(core::Notice::Kind kind, const std::string& task, const std::string& why) {
  return {.kind = kind, .task_id = task, .text = why};
}

Summary partly() {
  Summary summary{.run_id = 17,
                  .exit_code = ExitCode::partly,
                  .rows_read = 90,
                  .rows_rejected = 2,
                  .tasks = 500,
                  .succeeded = 463,
                  .failed = 4,
                  .unfinished = 23,
                  .stale = 3,
                  .missing = 1,
                  .videos_left = 5,
                  .seconds = 200.4};
  summary.tally.videos_downloaded = 460;
  summary.tally.video_bytes = 5 << 20;
  summary.tally.not_answered = 12;
  return summary;
}

Lines block(const Summary& summary, const cmd::FailureList& failures, const std::string& next,
            const cmd::EndStyle& style = {}, const std::string& why = "") {
  return cmd::end_block({.summary = summary, .failures = failures, .why = why, .next = next},
                        style);
}

TEST(EndBlock, OfASuccessIsShort) {
  Summary summary{.run_id = 3, .tasks = 2, .succeeded = 2, .seconds = 0.3};
  summary.tally.videos_downloaded = 1;
  summary.tally.video_bytes = 2048;
  EXPECT_EQ(block(summary, {}, ""), (Lines{"run 3: done after 300ms, exit code 0",
                                           "  succeeded      2 tasks, 1 video downloaded, 2.0 KiB",
                                           "  next           nothing is left to do"}));
}

TEST(EndBlock, SaysWhatFailedAndWhyWhatIsLeftAndWhatIsNext) {
  cmd::FailureList failures;
  for (const char* task : {"a", "b", "c", "d", "e"}) {
    failures.add(notice(core::Notice::Kind::not_answered, task, "HTTP 403"));
  }
  failures.add(notice(core::Notice::Kind::not_answered, "f", "HTTP 500"));
  failures.add(notice(core::Notice::Kind::video_expired, "g", "its link has expired"));
  EXPECT_EQ(
      block(partly(), failures, "reeltally run --pending", {}, "the deadline has passed"),
      (Lines{
          "run 17: done in part after 3m 20s, exit code 3",
          "  succeeded      463 tasks, 460 videos downloaded, 5.0 MiB",
          "  failed         4 tasks by the gateway's word", "  missing        1 task",
          "  not answered   5 x HTTP 403: a, b, c and 2 more", "                 1 x HTTP 500: f",
          "  expired        1 x its link has expired: g", "  rejected       2 of 90 rows",
          "  left           8 unfinished, 3 stale, 12 not answered, 5 videos to fetch",
          "  because        the deadline has passed", "  next           reeltally run --pending"}));
}

TEST(EndBlock, SaysWhoseTurnItIsIfNoRunIsNext) {
  EXPECT_EQ(block({.rows_read = 3, .rows_rejected = 1, .stale = 1}, {}, "").back(),
            "  next           correct the rejected rows; nothing else is left to do");
  EXPECT_EQ(block({.unfinished = 1, .stale = 1}, {}, "").back(),
            "  next           nothing is left to do; name the stale tasks in a FILE to query them");
}

TEST(EndBlock, HasColoursAndSignsWhereTheTerminalHasThem) {
  cmd::FailureList failures;
  failures.add(notice(core::Notice::Kind::video_failed, "a", "HTTP 404"));
  const Lines lines = block(partly(), failures, "reeltally run", {.color = true, .utf8 = true});
  EXPECT_EQ(lines[0], "run 17: \033[33mdone in part\033[0m after 3m 20s, exit code 3");
  EXPECT_EQ(lines[4], "  \033[31mnot fetched   \033[0m 1 \xC3\x97 HTTP 404: a");
  EXPECT_EQ(lines.back(), "  \033[1mnext          \033[0m \033[1mreeltally run\033[0m");
}

TEST(EndBlock, NamesEachEnd) {
  const std::vector<std::pair<ExitCode, std::string>> cases{
      {ExitCode::ok, "done"},
      {ExitCode::fatal, "failed"},
      {ExitCode::partly, "done in part"},
      {ExitCode::unfinished, "not finished"},
      {ExitCode::key_rejected, "the key was rejected"},
      {ExitCode::interrupted, "stopped by SIGINT"},
      {ExitCode::terminated, "stopped by SIGTERM"}};
  for (const auto& [code, words] : cases) {
    Summary summary;
    summary.run_id = 1;
    summary.exit_code = code;
    EXPECT_EQ(block(summary, {}, "").front(),
              "run 1: " + words + " after 0s, exit code " + std::to_string(cmd::exit_number(code)));
  }
}

}  // namespace
