#include "core/engine/link_attempts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using core::FetchFailure;
using FailureKind = core::FetchFailure::Kind;
using core::LinkAttempts;
using core::VideoState;
using Turn = LinkAttempts::Turn;

FetchFailure failure(FailureKind kind, const std::string& text = "why") {
  return {.kind = kind, .text = text};
}

TEST(LinkAttempts, EachUrlHasItsTurnBeforeAnyIsRepeated) {
  LinkAttempts attempts(3);
  std::vector<std::size_t> order;
  for (int i = 0; i < 7; ++i) {
    order.push_back(attempts.current());
    attempts.fail(failure(FailureKind::transport));
    EXPECT_EQ(attempts.advance(true), i % 3 == 2 ? Turn::repeat : Turn::another) << i;
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 0, 1, 2, 0}));
}

TEST(LinkAttempts, AUrlThatCannotSucceedIsNotRepeated) {
  LinkAttempts attempts(2);
  attempts.fail(failure(FailureKind::denied));
  EXPECT_EQ(attempts.advance(true), Turn::another);
  attempts.fail(failure(FailureKind::transport));
  EXPECT_EQ(attempts.advance(true), Turn::repeat);
  EXPECT_EQ(attempts.current(), 1U) << "the first one was denied";
  attempts.fail(failure(FailureKind::denied));
  EXPECT_EQ(attempts.advance(true), Turn::none);
}

TEST(LinkAttempts, WithoutRetriesEachUrlIsTriedOnce) {
  LinkAttempts attempts(2);
  attempts.fail(failure(FailureKind::transport));
  EXPECT_EQ(attempts.advance(false), Turn::another);
  attempts.fail(failure(FailureKind::transport));
  EXPECT_EQ(attempts.advance(false), Turn::none);
}

TEST(LinkAttempts, KnowsWhichFailuresAFreshLinkMayRepair) {
  struct Case {
    FailureKind kind;
    bool refused;
    bool may_be_replaced;
  };
  for (const Case& c :
       {Case{FailureKind::denied, true, true}, Case{FailureKind::gone, true, true},
        Case{FailureKind::error_page, true, true}, Case{FailureKind::transport, false, false},
        Case{FailureKind::wrong_length, false, false}}) {
    LinkAttempts attempts(1);
    attempts.fail(failure(c.kind));
    EXPECT_EQ(attempts.was_refused(), c.refused) << core::name(c.kind);
    EXPECT_EQ(attempts.may_be_replaced(), c.may_be_replaced) << core::name(c.kind);
  }
}

TEST(LinkAttempts, TheEndNamesTheUrlThatDecidedIt) {
  const core::UtcTime now = core::UtcTime(std::chrono::hours(1000));
  core::VideoLink link{.url = "https://a.example/1", .expires_at = now - std::chrono::hours(1)};
  link.others.push_back({.url = "https://b.example/2", .expires_at = now - std::chrono::hours(1)});
  {
    LinkAttempts attempts(2);
    attempts.fail(failure(FailureKind::denied, "first"));
    static_cast<void>(attempts.advance(false));
    attempts.fail(failure(FailureKind::transport, "second"));
    const auto end = attempts.end(link, {}, now);
    EXPECT_EQ(end.state, VideoState::wanted) << "the second URL may do yet";
    EXPECT_EQ(end.why, "second");
  }
  LinkAttempts attempts(2);
  attempts.fail(failure(FailureKind::denied, "first"));
  static_cast<void>(attempts.advance(false));
  attempts.fail(failure(FailureKind::unsupported, "second"));
  const auto end = attempts.end(link, {}, now);
  EXPECT_EQ(end.state, VideoState::expired) << "rather than failed";
  EXPECT_EQ(end.why, "first");
}

}  // namespace
