#include "core/domain/video_lifecycle.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using FailureKind = core::FetchFailure::Kind;

constexpr core::UtcTime kNoon{std::chrono::hours(500'000)};

struct VideoCase {
  std::string name;
  FailureKind kind;
  std::optional<std::chrono::minutes> expires;  // from now
  bool assumed = false;
  std::optional<std::chrono::minutes> refused;  // so long ago, in an earlier run
  core::VideoState end = core::VideoState::wanted;
  bool by_gateway = false;
  std::chrono::minutes server_clock{0};  // ahead of ours
};

class AfterFetch : public testing::TestWithParam<VideoCase> {};
TEST_P(AfterFetch, OnlyItsServerEndsAVideo) {
  const VideoCase& one = GetParam();
  core::LinkCandidate link{.url = "https://h/v", .expires_at = {}};
  if (one.expires) {
    link.expires_at = kNoon + *one.expires;
  }
  link.expiry_assumed = one.assumed;
  core::FetchFailure failure{.kind = one.kind};
  failure.by_gateway = one.by_gateway;
  failure.date = kNoon + one.server_clock;
  const auto refused = one.refused ? std::optional(kNoon - *one.refused) : std::nullopt;
  EXPECT_EQ(core::name(core::after_fetch(link, failure, refused, kNoon)), core::name(one.end));
}

using core::VideoState;
using std::chrono::minutes;
INSTANTIATE_TEST_SUITE_P(
    Rules, AfterFetch,
    testing::Values(
        VideoCase{
            "stated_and_passed", FailureKind::denied, minutes(0), false, {}, VideoState::expired},
        VideoCase{"stated_and_passed_gone",
                  FailureKind::gone,
                  minutes(-1),
                  false,
                  {},
                  VideoState::expired},
        VideoCase{"stated_and_passed_error_page",
                  FailureKind::error_page,
                  minutes(-1),
                  false,
                  {},
                  VideoState::expired},
        VideoCase{"stated_passed_by_the_servers_clock",
                  FailureKind::denied,
                  minutes(10),
                  false,
                  {},
                  VideoState::expired,
                  false,
                  minutes(10)},
        VideoCase{"stated_passed_by_our_clock_alone",
                  FailureKind::denied,
                  minutes(-5),
                  false,
                  {},
                  VideoState::wanted,
                  false,
                  minutes(-10)},
        VideoCase{"too_early", FailureKind::denied, minutes(1), false, {}, VideoState::wanted},
        VideoCase{"too_early_again", FailureKind::gone, minutes(1), false, minutes(5),
                  VideoState::failed},
        VideoCase{"unknown_life", FailureKind::gone, {}, false, {}, VideoState::wanted},
        VideoCase{
            "unknown_life_again", FailureKind::gone, {}, false, minutes(5), VideoState::failed},
        VideoCase{
            "assumed_and_passed", FailureKind::denied, minutes(-600), true, {}, VideoState::wanted},
        VideoCase{"assumed_and_passed_again_too_soon", FailureKind::denied, minutes(-600), true,
                  minutes(59), VideoState::wanted},
        VideoCase{"assumed_and_passed_again", FailureKind::denied, minutes(-600), true, minutes(60),
                  VideoState::expired},
        VideoCase{"assumed_error_page_again_too_soon", FailureKind::error_page, minutes(-600), true,
                  minutes(5), VideoState::failed},
        VideoCase{"assumed_not_passed_again", FailureKind::denied, minutes(600), true, minutes(5),
                  VideoState::failed},
        VideoCase{"error_page", FailureKind::error_page, minutes(5), false, {}, VideoState::wanted},
        VideoCase{"error_page_again", FailureKind::error_page, minutes(5), false, minutes(5),
                  VideoState::failed},
        VideoCase{
            "a_picture", FailureKind::unsupported, minutes(-600), false, {}, VideoState::failed},
        VideoCase{
            "gateways_500", FailureKind::server_error, {}, false, {}, VideoState::wanted, true},
        VideoCase{"gateways_500_again",
                  FailureKind::server_error,
                  {},
                  false,
                  minutes(5),
                  VideoState::failed,
                  true},
        VideoCase{"gateways_400_again",
                  FailureKind::other_status,
                  {},
                  false,
                  minutes(5),
                  VideoState::failed,
                  true}),
    [](const auto& one) { return one.param.name; });

TEST(AfterFetch, FailureOfAnyOtherKindLeavesItWantedWhateverTheClockSays) {
  for (const auto kind :
       {FailureKind::transport, FailureKind::unauthorised, FailureKind::throttled,
        FailureKind::server_error, FailureKind::other_status, FailureKind::not_a_video,
        FailureKind::wrong_length, FailureKind::wrong_checksum, FailureKind::too_large,
        FailureKind::refused_url, FailureKind::blocked, FailureKind::disk_full,
        FailureKind::disk}) {
    for (const bool assumed : {false, true}) {
      const core::LinkCandidate link{"https://h/v", kNoon - std::chrono::hours(999), assumed};
      EXPECT_EQ(core::after_fetch(link, {.kind = kind}, kNoon - std::chrono::hours(99), kNoon),
                VideoState::wanted)
          << core::name(kind);
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

TEST(FreshLink, IsOneWithANewUrl) {
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
