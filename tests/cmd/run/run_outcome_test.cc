#include "cmd/run/run_outcome.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "tests/support/temp_dir.h"

namespace {

using cmd::ExitCode;

// An outcome of a run with these options; its output on standard error is discarded.
struct Outcome {
  explicit Outcome(std::vector<std::string> options = {})
      : settings(load(std::move(options))), outcome(settings, log, out) {}

  ~Outcome() { close(descriptor); }
  Outcome(const Outcome&) = delete;
  Outcome& operator=(const Outcome&) = delete;

  static cmd::Settings load(std::vector<std::string> options) {
    options.insert(options.begin(), "run");
    return cmd::Settings::load(cmd::parse_command_line(options), {}, "/nonexistent/config.toml");
  }

  support::TempDir dir;
  int descriptor = open(dir.path("log").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  cmd::Log log{{.level = cmd::LogLevel::note, .fd = descriptor}};
  std::ostringstream out;
  cmd::Settings settings;
  cmd::RunOutcome outcome;
};

TEST(RunOutcome, AFailureIsFatalUnlessAMoreSpecificExitCodeApplies) {
  const std::pair<ExitCode, ExitCode> cases[] = {
      {ExitCode::ok, ExitCode::fatal},
      {ExitCode::partly, ExitCode::fatal},
      {ExitCode::unfinished, ExitCode::fatal},
      {ExitCode::wrong_usage, ExitCode::wrong_usage},
      {ExitCode::key_rejected, ExitCode::key_rejected},
      {ExitCode::interrupted, ExitCode::interrupted},
  };
  for (const auto& [before, after] : cases) {
    Outcome run;
    run.outcome.summary().exit_code = before;
    run.outcome.fail("the disk is full");
    EXPECT_EQ(run.outcome.summary().exit_code, after) << cmd::exit_number(before);
  }
}

TEST(RunOutcome, QuietPrintsNoSummaryOfProblemsThatAnEarlierRunReported) {
  for (const bool told_before : {false, true}) {
    Outcome run({"--quiet"});
    run.outcome.count_rows(
        {.rows_read = 2, .rows_rejected = 1, .rows_told_before = told_before ? 1U : 0U});
    run.outcome.decide({});
    run.outcome.tell();
    EXPECT_EQ(run.outcome.summary().exit_code, ExitCode::partly);
    EXPECT_EQ(support::read_file(run.dir.path("log")).empty(), told_before);
  }
}

TEST(RunOutcome, JsonPutsTheSummaryOnStandardOutput) {
  Outcome run({"--json"});
  run.outcome.decide({});
  run.outcome.tell();
  EXPECT_EQ(run.out.str(), cmd::summary_json(run.outcome.summary()) + "\n");
}

TEST(RunOutcome, AVideoLeftOverIsNamedUnlessTheUserStoppedTheRun) {
  for (const int signal : {0, SIGINT}) {
    Outcome run;
    run.outcome.decide({.signal = signal});
    run.outcome.add_left_over({.task_id = "left-task", .video = 1});
    run.outcome.tell();
    const std::string text = support::read_file(run.dir.path("log"));
    EXPECT_EQ(text.find("left-task") != std::string::npos, signal == 0) << text;
  }
}

}  // namespace
