#include "core/domain/lifecycle.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using core::Step;
using core::TaskStanding;
using core::TaskState;
using core::Verdict;

struct Story {
  std::string name;
  std::vector<std::pair<Verdict, int>> heard;  // verdict, run; each half an hour after the last
  TaskState state;
  int not_found_runs = 0;
};

class Fold : public testing::TestWithParam<Story> {};

TEST_P(Fold, EndsInTheExpectedState) {
  TaskStanding standing;
  core::UtcTime now{std::chrono::hours(1)};
  for (const auto& [verdict, run] : GetParam().heard) {
    standing = core::fold(standing, {verdict, run, now});
    now += std::chrono::minutes(30);
  }
  EXPECT_EQ(standing.state, GetParam().state);
  EXPECT_EQ(standing.not_found.runs, GetParam().not_found_runs);
}

INSTANTIATE_TEST_SUITE_P(
    Stories, Fold,
    testing::Values(
        Story{"nothing_heard", {}, TaskState::unfinished},
        Story{"success", {{Verdict::unfinished, 1}, {Verdict::succeeded, 1}}, TaskState::succeeded},
        Story{"failure", {{Verdict::failed, 1}}, TaskState::failed},
        Story{"regression_after_success",
              {{Verdict::succeeded, 1}, {Verdict::unfinished, 2}},
              TaskState::succeeded},
        Story{"unknown_word_after_failure",
              {{Verdict::failed, 1}, {Verdict::unrecognised, 2}},
              TaskState::failed},
        Story{"failure_then_success",
              {{Verdict::failed, 1}, {Verdict::succeeded, 2}},
              TaskState::succeeded},
        Story{"refund_after_success",
              {{Verdict::succeeded, 1}, {Verdict::failed, 2}},
              TaskState::failed},
        Story{"unknown_stays_unfinished", {{Verdict::unrecognised, 1}}, TaskState::unfinished},
        Story{"failed_and_not_found_in_three_runs",
              {{Verdict::failed, 1},
               {Verdict::not_found, 2},
               {Verdict::not_found, 3},
               {Verdict::not_found, 4}},
              TaskState::failed},
        Story{"another_tasks_answer_after_the_end",
              {{Verdict::succeeded, 1}, {Verdict::wrong_task, 2}},
              TaskState::succeeded},
        Story{"not_found_once", {{Verdict::not_found, 1}}, TaskState::unfinished, 1},
        Story{"not_found_thrice_in_one_run",
              {{Verdict::not_found, 1}, {Verdict::not_found, 1}, {Verdict::not_found, 1}},
              TaskState::unfinished,
              1},
        Story{"not_found_in_three_runs",
              {{Verdict::not_found, 1}, {Verdict::not_found, 2}, {Verdict::not_found, 3}},
              TaskState::missing,
              3},
        Story{"a_run_without_answer_neither_counts_nor_resets",
              {{Verdict::not_found, 1},
               {Verdict::not_found, 2},
               {Verdict::unreadable, 3},
               {Verdict::server_error, 3},
               {Verdict::not_found, 4}},
              TaskState::missing,
              3},
        Story{"found_in_between_resets",
              {{Verdict::not_found, 1},
               {Verdict::not_found, 2},
               {Verdict::unfinished, 3},
               {Verdict::not_found, 4}},
              TaskState::unfinished,
              1},
        Story{"missing_task_shows_up",
              {{Verdict::not_found, 1},
               {Verdict::not_found, 2},
               {Verdict::not_found, 3},
               {Verdict::succeeded, 4}},
              TaskState::succeeded},
        Story{"finished_task_is_never_missing",
              {{Verdict::succeeded, 1},
               {Verdict::not_found, 2},
               {Verdict::not_found, 3},
               {Verdict::not_found, 4}},
              TaskState::succeeded},
        Story{"key_trouble_marks_nothing",
              {{Verdict::unauthorised, 1}, {Verdict::forbidden, 2}, {Verdict::throttled, 2}},
              TaskState::unfinished},
        Story{"another_tasks_answer_marks_nothing",
              {{Verdict::wrong_task, 1}, {Verdict::unexpected, 1}, {Verdict::invalid_url, 1}},
              TaskState::unfinished}),
    [](const auto& story) { return story.param.name; });

// When a task was not found: the run, and the time.
struct Search {
  int run;
  std::chrono::milliseconds at;
};
struct SearchCase {
  std::string name;
  std::vector<Search> searches;
  TaskState state;
  int runs;
  int answers;
  core::MissingRule rule = core::kMissingRule;
};

class NotFound : public testing::TestWithParam<SearchCase> {};

TEST_P(NotFound, MakesMissingByRunsAndByTime) {
  const core::UtcTime begin{std::chrono::hours(10'000)};
  TaskStanding standing;
  for (const auto& [run, at] : GetParam().searches) {
    EXPECT_EQ(standing.state, TaskState::unfinished) << "already at its answer in run " << run - 1;
    standing = core::fold(standing, {Verdict::not_found, run, begin + at, GetParam().rule});
  }
  EXPECT_EQ(standing.state, GetParam().state);
  EXPECT_EQ(standing.not_found.runs, GetParam().runs);
  EXPECT_EQ(standing.not_found.answers, GetParam().answers);
}

constexpr auto kMissing = TaskState::missing;
constexpr auto kOpen = TaskState::unfinished;

INSTANTIATE_TEST_SUITE_P(
    Cases, NotFound,
    testing::Values(
        SearchCase{
            "three_runs_ten_minutes_apart", {{1, 0min}, {2, 10min}, {3, 20min}}, kMissing, 3, 3},
        SearchCase{"three_runs_days_apart", {{1, 0h}, {2, 24h}, {5, 48h}}, kMissing, 3, 3},
        SearchCase{"three_runs_in_a_minute", {{1, 0s}, {2, 30s}, {3, 60s}}, kOpen, 3, 1},
        SearchCase{
            "a_millisecond_too_early", {{1, 0min}, {2, 10min}, {3, 20min - 1ms}}, kOpen, 3, 2},
        SearchCase{"each_counts_from_the_one_counted_before_it",
                   {{1, 0min}, {2, 9min}, {3, 18min}, {4, 27min}},
                   kOpen,
                   4,
                   2},
        SearchCase{
            "runs_at_four_minutes",
            {{1, 0min}, {2, 4min}, {3, 8min}, {4, 12min}, {5, 16min}, {6, 20min}, {7, 24min}},
            kMissing,
            7,
            3},
        SearchCase{"three_answers_in_two_runs", {{1, 0min}, {1, 10min}, {2, 20min}}, kOpen, 2, 3},
        SearchCase{"the_third_run_comes_last",
                   {{1, 0min}, {1, 10min}, {2, 20min}, {3, 21min}},
                   kMissing,
                   3,
                   3},
        SearchCase{
            "two_runs_take_turns", {{1, 0min}, {2, 10min}, {1, 20min}, {2, 30min}}, kOpen, 2, 4},
        SearchCase{"a_clock_a_little_behind",
                   {{1, 0min}, {2, 10min}, {3, 9min}, {4, 20min}},
                   kMissing,
                   4,
                   3},
        SearchCase{"a_clock_that_was_set_back_starts_the_count_again",
                   {{1, 0h}, {2, 1h}, {3, -24h}, {4, -24h + 10min}},
                   kOpen,
                   4,
                   2},
        SearchCase{"a_clock_that_was_set_back_holds_nothing_up",
                   {{1, 0h}, {2, 1h}, {3, -24h}, {4, -24h + 10min}, {5, -24h + 20min}},
                   kMissing,
                   5,
                   3},
        SearchCase{"a_clock_far_behind_speeds_nothing_up",
                   {{1, 0min}, {2, -15min}, {1, 1s}, {2, -15min + 2s}, {3, 3s}},
                   kOpen,
                   3,
                   2},
        SearchCase{"by_the_rule_of_earlier_versions",
                   {{1, 0s}, {2, 1s}, {3, 2s}},
                   kMissing,
                   3,
                   1,
                   core::MissingRule::runs}),
    [](const auto& one) { return one.param.name; });

TEST(NotFoundTest, AMissingTaskStaysMissingUntilItIsFound) {
  TaskStanding standing{kMissing, {.runs = 3, .last_run = 3, .answers = 1, .last_answer = {}}};
  const core::UtcTime now{std::chrono::hours(1)};
  standing = core::fold(standing, {Verdict::not_found, 4, now});
  EXPECT_EQ(standing.state, kMissing) << "though two answers of the three are counted";
  standing = core::fold(standing, {Verdict::unfinished, 5, now});
  EXPECT_EQ(standing, TaskStanding{});
}

TEST(AfterQuery, FollowsTheVerdict) {
  const auto unfinished = TaskState::unfinished;
  EXPECT_EQ(core::after_query(Verdict::succeeded, TaskState::succeeded), Step::finish);
  EXPECT_EQ(core::after_query(Verdict::failed, TaskState::failed), Step::finish);
  EXPECT_EQ(core::after_query(Verdict::unfinished, unfinished), Step::poll);
  EXPECT_EQ(core::after_query(Verdict::unrecognised, unfinished), Step::poll);
  // After a final answer, the run does not wait for a regressed status.
  EXPECT_EQ(core::after_query(Verdict::unfinished, TaskState::succeeded), Step::finish);
  EXPECT_EQ(core::after_query(Verdict::not_found, unfinished), Step::give_up);
  EXPECT_EQ(core::after_query(Verdict::not_found, TaskState::missing), Step::finish);
  EXPECT_EQ(core::after_query(Verdict::forbidden, unfinished), Step::give_up);
  EXPECT_EQ(core::after_query(Verdict::invalid_url, unfinished), Step::give_up);
  EXPECT_EQ(core::after_query(Verdict::unauthorised, unfinished), Step::stop_run);
  for (const Verdict verdict : {Verdict::wrong_task, Verdict::unreadable, Verdict::throttled,
                                Verdict::server_error, Verdict::unexpected}) {
    EXPECT_EQ(core::after_query(verdict, unfinished), Step::retry) << core::name(verdict);
  }
}

struct Settling {
  std::string name;
  std::optional<int> server;  // seconds from the finish time
  int heard;                  // seconds after the finish time, by the local clock
  std::optional<int> before;
  std::optional<int> settles;  // none: settled
};

class SettlesAt : public testing::TestWithParam<Settling> {};

TEST_P(SettlesAt, FollowsTheClocks) {
  const core::UtcTime finish{std::chrono::seconds(1'780'284'918)};
  const auto at = [finish](std::optional<int> seconds) {
    return seconds ? std::optional(finish + std::chrono::seconds(*seconds)) : std::nullopt;
  };
  const Settling& one = GetParam();
  EXPECT_EQ(core::settles_at({*at(one.heard), at(one.server), finish}, at(one.before)),
            at(one.settles));
  EXPECT_EQ(core::settles_at({*at(one.heard), at(one.server), std::nullopt}, at(one.before)),
            std::nullopt)
      << "without a finish time there is nothing to go by";
}

INSTANTIATE_TEST_SUITE_P(
    Clocks, SettlesAt,
    testing::Values(Settling{"at_once", {}, 0, {}, 30}, Settling{"late", {}, 29, {}, 30},
                    Settling{"late_enough", {}, 30, {}, {}}, Settling{"long_ago", 90'000, 90'000},
                    Settling{"our_clock_is_fast", 10, 3600, {}, 3620},
                    Settling{"our_clock_is_slow", 40, -3600, {}, {}},
                    Settling{"slow_and_no_date", {}, -3600, {}, -3570},
                    Settling{"both_clocks_before_the_end", -500, -500, {}, -470},
                    Settling{"asked_again_in_time", {}, 31, 30, {}},
                    Settling{"asked_again_too_early", {}, 20, 30, 30},
                    Settling{"asked_again_by_a_slow_server", 0, 20, 30, 30},
                    Settling{"asked_again_of_a_finish_in_the_future", {}, -3000, -3570, {}},
                    Settling{"clock_jumped_back_since", {}, -86'400, 30, -86'370}),
    [](const auto& one) { return one.param.name; });

TEST(IsFinal, OnlySuccessAndFailure) {
  EXPECT_TRUE(core::is_final(Verdict::succeeded));
  EXPECT_TRUE(core::is_final(Verdict::failed));
  EXPECT_FALSE(core::is_final(Verdict::unfinished));
  EXPECT_FALSE(core::is_final(Verdict::not_found));
}

TEST(IsToBeAsked, DependsOnStateQuotaAndFiles) {
  struct Case {
    const char* name;
    core::ListedTask task;
    bool refresh;
    bool asked;
  };
  for (const Case& one : {
           Case{"unfinished", {}, false, true},
           Case{"succeeded", {.state = TaskState::succeeded}, false, false},
           Case{"failed", {.state = TaskState::failed}, false, false},
           Case{"missing", {.state = TaskState::missing}, false, false},
           Case{"succeeded, on refresh", {.state = TaskState::succeeded}, true, true},
           Case{"failed, on refresh", {.state = TaskState::failed}, true, true},
           Case{"its quota is not settled",
                {.state = TaskState::failed, .is_unsettled = true},
                false,
                true},
           Case{"forgotten", {.state = TaskState::missing, .is_forgotten = true}, false, true},
           Case{"a file is gone",
                {.state = TaskState::succeeded, .lacks_a_file = true},
                false,
                true},
           Case{"a file of an earlier success is gone, but it failed since",
                {.state = TaskState::failed, .lacks_a_file = true},
                false,
                false},
       }) {
    EXPECT_EQ(core::is_to_be_asked(one.task, one.refresh), one.asked) << one.name;
  }
}

TEST(IsStale, StartsAtTheLimit) {
  constexpr core::UtcTime kNow{std::chrono::hours(500'000)};
  const core::UtcTime before = core::stale_before(kNow, std::chrono::hours(36));
  const core::UtcTime long_ago{};
  EXPECT_FALSE(core::is_stale(before, long_ago, before)) << "exactly as old as the limit";
  EXPECT_TRUE(core::is_stale(before - std::chrono::milliseconds(1), kNow, before));
  EXPECT_FALSE(core::is_stale(kNow, long_ago, before)) << "the time of submission counts";
  EXPECT_TRUE(core::is_stale(std::nullopt, long_ago, before)) << "else when it was first seen";
}

TEST(TellsStatus, OnlyAnswersThatStateTheStatus) {
  EXPECT_TRUE(core::tells_status(Verdict::succeeded, TaskState::succeeded));
  EXPECT_TRUE(core::tells_status(Verdict::failed, TaskState::failed));
  EXPECT_TRUE(core::tells_status(Verdict::unfinished, TaskState::unfinished));
  EXPECT_TRUE(core::tells_status(Verdict::unrecognised, TaskState::unfinished));
  EXPECT_FALSE(core::tells_status(Verdict::unfinished, TaskState::succeeded)) << "a regression";
  EXPECT_FALSE(core::tells_status(Verdict::not_found, TaskState::missing));
  EXPECT_FALSE(core::tells_status(Verdict::server_error, TaskState::unfinished));
}

}  // namespace
