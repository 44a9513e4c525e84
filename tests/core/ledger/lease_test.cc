#include "core/ledger/lease.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using core::Lease;
using std::chrono::seconds;

const core::SteadyTime kStart{std::chrono::hours(1)};
constexpr seconds kLength{30};

TEST(Lease, IsHeldForFourFifthsOfItsLength) {
  Lease lease(kLength);
  EXPECT_FALSE(lease.is_surely_held(kStart)) << "not renewed yet";
  lease.renewed(kStart);
  EXPECT_TRUE(lease.is_surely_held(kStart + seconds(23)));
  EXPECT_FALSE(lease.is_surely_held(kStart + seconds(24)));
  lease.renewed(kStart + seconds(20));
  EXPECT_TRUE(lease.is_surely_held(kStart + seconds(43)));
  lease.renewed(kStart + seconds(10));
  EXPECT_TRUE(lease.is_surely_held(kStart + seconds(43))) << "a late answer";
  lease.broken();
  EXPECT_TRUE(lease.is_surely_held(kStart + seconds(43))) << "the server still counts it";
}

TEST(Lease, OthersAreDeadOnlyAfterALeaseOfRenewals) {
  Lease lease(kLength);
  EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(100)));
  for (int second = 0; second < 30; second += 5) {
    EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(second))) << second;
    lease.renewed(kStart + seconds(second));
  }
  EXPECT_TRUE(lease.may_declare_lost(kStart + seconds(30)));
  lease.broken();
  EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(31)));
  lease.renewed(kStart + seconds(35));
  lease.renewed(kStart + seconds(48));
  lease.renewed(kStart + seconds(60));
  EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(64)));
  EXPECT_TRUE(lease.may_declare_lost(kStart + seconds(65)));
}

TEST(Lease, OthersAreNotDeadRightAfterAStandstill) {
  Lease lease(kLength);
  for (int second = 0; second <= 30; second += 5) {
    lease.renewed(kStart + seconds(second));
  }
  ASSERT_TRUE(lease.may_declare_lost(kStart + seconds(30)));
  EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(60))) << "the machine slept";
  lease.renewed(kStart + seconds(60));
  EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(60))) << "and the others' machines, too";
  lease.renewed(kStart + seconds(74));
  lease.renewed(kStart + seconds(88));
  EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(89)));
  EXPECT_TRUE(lease.may_declare_lost(kStart + seconds(90)));
}

// A run that was stopped while the server was away did not see that leases ended.
TEST(Lease, OthersGetALeaseAfterAnOutageThatThisRunSlept) {
  Lease lease(kLength);
  lease.renewed(kStart);
  EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(15)));
  lease.renewed(kStart + seconds(25));
  lease.renewed(kStart + seconds(30));
  EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(31)));
  for (int second = 35; second < 55; second += 5) {
    lease.renewed(kStart + seconds(second));
  }
  EXPECT_FALSE(lease.may_declare_lost(kStart + seconds(54)));
  EXPECT_TRUE(lease.may_declare_lost(kStart + seconds(55)));
}

TEST(Share, IsEqualUnlessOthersHaveMore) {
  struct Case {
    std::int64_t rate;
    core::RateMember member;
    std::int64_t share;
  };
  for (const Case& one : std::vector<Case>{{200, {1, 0, 0}, 200},
                                           {200, {3, 0, 0}, 67},
                                           {200, {3, 2, 0}, 66},
                                           {200, {3, 0, 134}, 66},
                                           {200, {3, 0, 200}, 0},
                                           {200, {2, 0, 250}, 0},
                                           {1, {3, 0, 0}, 1},
                                           {1, {3, 1, 0}, 0},
                                           {2, {4, 1, 1}, 1}}) {
    EXPECT_EQ(core::free_share(one.rate, one.member), one.share)
        << one.rate << " for " << one.member.members << ", " << one.member.taken << " taken";
  }
}

TEST(FairClaim, LeavesTheOthersTheirPart) {
  struct Case {
    std::int64_t page, free, members, claim;
  };
  for (const Case& one : std::vector<Case>{{1024, 600, 1, 300},
                                           {1024, 600, 3, 150},
                                           {1024, 601, 3, 151},
                                           {1024, 30'000, 3, 1024},
                                           {1024, 30, 3, 16},
                                           {1024, 0, 3, 16},
                                           {8, 600, 3, 8}}) {
    EXPECT_EQ(core::fair_claim(one.page, one.free, one.members), one.claim)
        << one.free << " for " << one.members;
  }
}

TEST(Share, AllTogetherAreTheRate) {
  for (std::int64_t rate = 1; rate < 50; ++rate) {
    for (std::int64_t members = 1; members < 20; ++members) {
      std::int64_t sum = 0;
      for (std::int64_t before = 0; before < members; ++before) {
        sum += core::equal_share(rate, {.members = members, .before = before});
      }
      EXPECT_EQ(sum, rate) << members;
    }
  }
}

}  // namespace
