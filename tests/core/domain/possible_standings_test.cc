#include "core/domain/possible_standings.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace {

using core::VideoState;

TEST(PossibleStandings, AVideoThatIsSavedOrGivenUpWasTried) {
  std::set<std::tuple<VideoState, bool, bool>> found;  // the state, tried, refused
  for (const core::VideoStanding& one : core::possible_standings()) {
    found.emplace(one.state, one.tried_in != 0, one.first_refusal.has_value());
  }
  std::set<std::tuple<VideoState, bool, bool>> expected;
  for (const bool refused : {false, true}) {
    for (const VideoState state :
         {VideoState::wanted, VideoState::done, VideoState::failed, VideoState::expired}) {
      expected.emplace(state, true, refused);
    }
    expected.emplace(VideoState::wanted, false, refused);
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
