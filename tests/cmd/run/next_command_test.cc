#include "cmd/run/next_command.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cmd/cli/command_line.h"

namespace {

using cmd::ExitCode;
using cmd::Summary;

std::string next(const Summary& summary, std::vector<std::string> options = {},
                 bool input_cut = false) {
  options.insert(options.begin(), "run");
  const cmd::Settings settings =
      cmd::Settings::load(cmd::parse_command_line(options), {}, "/nonexistent/config.toml");
  return cmd::next_command(settings, summary, input_cut);
}

Summary with(ExitCode code, std::uint64_t unfinished = 0, std::uint64_t stale = 0,
             std::uint64_t not_answered = 0, std::uint64_t videos_left = 0) {
  Summary summary;
  summary.exit_code = code;
  summary.unfinished = unfinished;
  summary.stale = stale;
  summary.tally.not_answered = not_answered;
  summary.videos_left = videos_left;
  return summary;
}

TEST(NextCommand, GoesOnWithWhatIsLeft) {
  const std::vector<std::pair<Summary, std::string>> cases{
      {with(ExitCode::ok), ""},
      {with(ExitCode::partly), ""},
      {with(ExitCode::ok, 2), "reeltally run --pending --wait"},
      {with(ExitCode::ok, 2, 2), ""},
      {with(ExitCode::partly, 0, 0, 1), "reeltally run --pending"},
      {with(ExitCode::partly, 0, 0, 0, 1), "reeltally run --pending"},
      {with(ExitCode::key_rejected, 2), "reeltally doctor"},
      {with(ExitCode::wrong_usage), "reeltally doctor"}};
  for (const auto& [summary, expected] : cases) {
    EXPECT_EQ(next(summary), expected);
  }
  EXPECT_EQ(next(with(ExitCode::ok, 0, 0, 0, 1), {"--no-download"}), "") << "they are not wanted";
}

TEST(NextCommand, RepeatsTheOptionsThatTheNextRunNeedsAndNoSecret) {
  EXPECT_EQ(
      next(with(ExitCode::ok, 1), {"--db", "/srv/a b.db", "--account", "studio", "--allow-http",
                                   "--pending", "--deadline", "5m", "--json", "-v", "--ping-url",
                                   "https://hc.example/secret", "--output", "it's", "tasks.csv"}),
      "reeltally run --pending --wait --allow-http --output 'it'\\''s' --db '/srv/a b.db' "
      "--account studio");
}

TEST(NextCommand, RepeatsEachValueOfAList) {
  EXPECT_EQ(next(with(ExitCode::ok, 1), {"--output", "s3://b/p", "--s3-header", "x-amz-a:1",
                                         "--s3-header", "x-amz-b:2", "-"}),
            "reeltally run --pending --wait --output s3://b/p --s3-header x-amz-a:1 "
            "--s3-header x-amz-b:2");
}

TEST(NextCommand, TheDoctorLooksAtWhatTheRunUsed) {
  EXPECT_EQ(next(with(ExitCode::key_rejected),
                 {"--account", "studio", "--base-url", "https://gateway.example", "--concurrency",
                  "4", "a.csv"}),
            "reeltally doctor --base-url https://gateway.example --account studio");
}

TEST(NextCommand, FinishedTasksAreQueriedAgainFromTheList) {
  Summary cut = with(ExitCode::unfinished);
  cut.tally.unasked = 5;
  EXPECT_EQ(next(cut, {"--refresh", "--deadline", "1s", "a.csv"}),
            "reeltally run --refresh --deadline 1s a.csv");
}

TEST(NextCommand, ReadsTheSameRowsAgainIfTheListWasCut) {
  EXPECT_EQ(next(with(ExitCode::interrupted),
                 {"--column", "2", "--shard", "1/4", "--delimiter", ";", "--json", "a.csv"}, true),
            "reeltally run --column 2 --delimiter ';' --shard 1/4 a.csv");
  EXPECT_EQ(next(with(ExitCode::interrupted), {"--", "-a.csv"}, true), "reeltally run -- -a.csv");
  EXPECT_EQ(next(with(ExitCode::interrupted, 1), {"-"}, true), "reeltally run --pending --wait")
      << "a pipe cannot be read again";
  EXPECT_EQ(next(with(ExitCode::interrupted), {"a\033[2Jb.csv"}, true).find('\033'),
            std::string::npos);
}

TEST(NextCommand, ReadsTheListAgainIfItWasNotReadToItsEnd) {
  EXPECT_EQ(next(with(ExitCode::interrupted, 5), {"--account", "studio", "a.csv", "b c.csv"}, true),
            "reeltally run --account studio a.csv 'b c.csv'");
}

}  // namespace
