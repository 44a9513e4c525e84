#include "core/domain/video_lifecycle.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr core::UtcTime kNoon{std::chrono::hours(500'000)};

struct VideoCase {
  std::string name;
  core::FetchProblem problem;
  std::optional<std::chrono::minutes> expires;  // from now
  bool assumed = false;
  std::optional<std::chrono::minutes> refused;  // so long ago, in an earlier run
  core::VideoState end = core::VideoState::wanted;
  bool by_gateway = false;
  std::chrono::minutes server_clock{0};  // ahead of ours
};

class AfterFetch : public testing::TestWithParam<VideoCase> {};
TEST_P(AfterFetch, TheVideoEndsOnlyByWhatItsServerSays) {
  const VideoCase& one = GetParam();
  core::LinkCandidate link{.url = "https://h/v", .expires_at = {}};
  if (one.expires) {
    link.expires_at = kNoon + *one.expires;
  }
  link.expiry_assumed = one.assumed;
  core::FetchFailure failure{.problem = one.problem};
  failure.by_gateway = one.by_gateway;
  failure.date = kNoon + one.server_clock;
  const auto refused = one.refused ? std::optional(kNoon - *one.refused) : std::nullopt;
  EXPECT_EQ(core::name(core::after_fetch(link, failure, refused, kNoon)), core::name(one.end));
}

using core::FetchProblem;
using core::VideoState;
using std::chrono::minutes;
INSTANTIATE_TEST_SUITE_P(
    Rules, AfterFetch,
    testing::Values(
        VideoCase{
            "stated_and_passed", FetchProblem::denied, minutes(0), false, {}, VideoState::expired},
        VideoCase{"stated_and_passed_gone",
                  FetchProblem::gone,
                  minutes(-1),
                  false,
                  {},
                  VideoState::expired},
        VideoCase{"stated_and_passed_error_page",
                  FetchProblem::error_page,
                  minutes(-1),
                  false,
                  {},
                  VideoState::expired},
        VideoCase{"stated_passed_by_the_servers_clock",
                  FetchProblem::denied,
                  minutes(10),
                  false,
                  {},
                  VideoState::expired,
                  false,
                  minutes(10)},
        VideoCase{"stated_passed_by_our_clock_alone",
                  FetchProblem::denied,
                  minutes(-5),
                  false,
                  {},
                  VideoState::wanted,
                  false,
                  minutes(-10)},
        VideoCase{"too_early", FetchProblem::denied, minutes(1), false, {}, VideoState::wanted},
        VideoCase{"too_early_again", FetchProblem::gone, minutes(1), false, minutes(5),
                  VideoState::failed},
        VideoCase{"unknown_life", FetchProblem::gone, {}, false, {}, VideoState::wanted},
        VideoCase{
            "unknown_life_again", FetchProblem::gone, {}, false, minutes(5), VideoState::failed},
        VideoCase{"assumed_and_passed",
                  FetchProblem::denied,
                  minutes(-600),
                  true,
                  {},
                  VideoState::wanted},
        VideoCase{"assumed_and_passed_again_too_soon", FetchProblem::denied, minutes(-600), true,
                  minutes(59), VideoState::wanted},
        VideoCase{"assumed_and_passed_again", FetchProblem::denied, minutes(-600), true,
                  minutes(60), VideoState::expired},
        VideoCase{"assumed_error_page_again_too_soon", FetchProblem::error_page, minutes(-600),
                  true, minutes(5), VideoState::failed},
        VideoCase{"assumed_not_passed_again", FetchProblem::denied, minutes(600), true, minutes(5),
                  VideoState::failed},
        VideoCase{
            "error_page", FetchProblem::error_page, minutes(5), false, {}, VideoState::wanted},
        VideoCase{"error_page_again", FetchProblem::error_page, minutes(5), false, minutes(5),
                  VideoState::failed},
        VideoCase{
            "a_picture", FetchProblem::unsupported, minutes(-600), false, {}, VideoState::failed},
        VideoCase{
            "gateways_500", FetchProblem::server_error, {}, false, {}, VideoState::wanted, true},
        VideoCase{"gateways_500_again",
                  FetchProblem::server_error,
                  {},
                  false,
                  minutes(5),
                  VideoState::failed,
                  true},
        VideoCase{"gateways_400_again",
                  FetchProblem::other_status,
                  {},
                  false,
                  minutes(5),
                  VideoState::failed,
                  true}),
    [](const auto& one) { return one.param.name; });

TEST(AfterFetch, TroubleOfAnyOtherKindLeavesItWantedWhateverTheClockSays) {
  for (const auto problem :
       {FetchProblem::transport, FetchProblem::unauthorised, FetchProblem::throttled,
        FetchProblem::server_error, FetchProblem::other_status, FetchProblem::not_a_video,
        FetchProblem::wrong_length, FetchProblem::wrong_checksum, FetchProblem::too_large,
        FetchProblem::refused_url, FetchProblem::blocked, FetchProblem::disk_full,
        FetchProblem::disk}) {
    for (const bool assumed : {false, true}) {
      const core::LinkCandidate link{"https://h/v", kNoon - std::chrono::hours(999), assumed};
      EXPECT_EQ(
          core::after_fetch(link, {.problem = problem}, kNoon - std::chrono::hours(99), kNoon),
          VideoState::wanted)
          << core::name(problem);
    }
  }
}

TEST(AfterFetch, SeveralUrlsEndTogether) {
  using enum VideoState;
  EXPECT_EQ(core::together(wanted, expired), wanted);
  EXPECT_EQ(core::together(failed, wanted), wanted);
  EXPECT_EQ(core::together(failed, expired), expired);
  EXPECT_EQ(core::together(expired, expired), expired);
  EXPECT_EQ(core::together(failed, failed), failed);
}

TEST(VideoStanding, MovesAsItsRulesSay) {
  using core::VideoState;
  using Standing = core::VideoStanding;
  constexpr std::int64_t kRun = 7;
  const Standing done = core::tried(VideoState::done, std::nullopt, kRun);
  const Standing refused = core::tried(VideoState::wanted, kNoon, kRun);
  const Standing expired = core::tried(VideoState::expired, kNoon, kRun);
  struct Case {
    const char* name;
    Standing after;
    Standing expected;
  };
  for (const Case& one : {
           Case{"a saved video takes no link", core::offered(done, true), done},
           Case{"the same link brings nothing back", core::offered(expired, false), expired},
           Case{"a fresh link brings it back", core::offered(expired, true), Standing{}},
           Case{"a fresh link was refused by nobody, and this run is done with it",
                core::offered(refused, true),
                {.state = VideoState::wanted, .tried_in = kRun, .first_refusal = std::nullopt}},
           Case{"a lost file is fetched again", core::file_lost(done), Standing{}},
           Case{"a lost file forgets no refusal",
                core::file_lost(expired),
                {.state = VideoState::wanted, .tried_in = 0, .first_refusal = kNoon}},
           Case{"a person may want it again", core::wanted_again(), Standing{}},
       }) {
    EXPECT_EQ(one.after, one.expected) << one.name;
  }
}

TEST(VideoStanding, TheFirstRefusalStays) {
  const auto later = kNoon + std::chrono::hours(1);
  EXPECT_EQ(core::first_refusal(std::nullopt, true, later), later);
  EXPECT_EQ(core::first_refusal(kNoon, true, later), kNoon);
  EXPECT_EQ(core::first_refusal(kNoon, false, later), kNoon);
  EXPECT_EQ(core::first_refusal(std::nullopt, false, later), std::nullopt);
}

TEST(FreshLink, IsOneThatBringsWhatTheOneBeforeHadNot) {
  const core::VideoLink before{.index = 1, .url = "https://h/a", .expires_at = kNoon};
  core::VideoLink moved = before;
  moved.url = "https://mirror/a";
  EXPECT_FALSE(core::is_fresh(before, {before.expires_at, before}));
  EXPECT_TRUE(core::is_fresh(moved, {before.expires_at, before}));
  EXPECT_TRUE(core::is_fresh(before, {kNoon - std::chrono::hours(1), before}));
  EXPECT_FALSE(core::is_fresh(moved, {before.expires_at, std::nullopt}))
      << "its answer was pruned, and the expiry is the same";
}

}  // namespace
