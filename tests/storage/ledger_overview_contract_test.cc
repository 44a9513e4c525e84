// What core::LedgerReader::overview promises, held against the fake and every back end.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/ledger/ledger_reader.h"
#include "tests/storage/runs.h"

namespace {

using core::LedgerOverview;

class LedgerOverviewContract : public testing::TestWithParam<support::BackEndMaker> {
 protected:
  void import(const std::string& id, const std::string& model,
              const std::string& account = "default") {
    runs_.begin_run({account});
    runs_.import(std::vector{core::WantedTask{.id = entries::id(id), .model = model}});
  }
  // "account/model: tasks unfinished succeeded failed missing, videos bytes; …"
  std::string groups() {
    std::string all;
    for (const core::TaskGroup& one : runs_.reader()->overview(runs_.now()).groups) {
      all += one.account + "/" + one.model + ":";
      for (const std::uint64_t count :
           {one.tasks, one.unfinished, one.succeeded, one.failed, one.missing}) {
        all += " " + std::to_string(count);
      }
      all += ", " + std::to_string(one.videos_done) + " " + std::to_string(one.bytes) + "; ";
    }
    return all;
  }
  // "account: tasks videos; …"
  std::string pending() {
    std::string all;
    for (const core::PendingWork& one : runs_.reader()->overview(runs_.now()).pending) {
      all +=
          one.account + ": " + std::to_string(one.tasks) + " " + std::to_string(one.videos) + "; ";
    }
    return all;
  }

  runs::Runs runs_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(All, LedgerOverviewContract, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(LedgerOverviewContract, AnEmptyLedgerHasNoGroups) {
  const LedgerOverview overview = runs_.reader()->overview(runs_.now());
  EXPECT_TRUE(overview.groups.empty() && overview.pending.empty());
  EXPECT_EQ(overview.totals.tasks + overview.totals.runs + overview.totals.answers, 0U);
}

TEST_P(LedgerOverviewContract, ItsTotalsAreThoseOfTheLedger) {
  runs::make_all_kinds(runs_);
  runs_.run_with({"lost", "expired"});
  runs_.hear("lost", entries::success("lost"));
  runs_.hear("expired", entries::success("expired"));
  runs_.fail_to_save("lost", core::VideoState::failed);
  runs_.fail_to_save("expired", core::VideoState::expired);
  const auto reader = runs_.reader();
  const core::LedgerTotals ours = reader->overview(runs_.now()).totals;
  const core::LedgerTotals totals = reader->totals(runs_.now());
  const auto numbers = [](const core::LedgerTotals& one) {
    return std::vector<std::uint64_t>{
        one.tasks,          one.unfinished,
        one.succeeded,      one.failed,
        one.missing,        one.stale,
        one.forgotten,      one.videos_wanted,
        one.videos_done,    one.videos_failed,
        one.videos_expired, one.runs,
        one.answers,        static_cast<std::uint64_t>(one.video_bytes)};
  };
  EXPECT_EQ(numbers(ours), numbers(totals));
  EXPECT_EQ(ours.soonest_expiry, totals.soonest_expiry);
  EXPECT_EQ(ours.oldest_unfinished, totals.oldest_unfinished);
}

TEST_P(LedgerOverviewContract, GroupsAreByAccountAndModel) {
  import("z", "wan");
  import("b", "kling", "second");
  import("a", "");
  import("c", "kling");
  import("e", "kling");
  runs_.hear("e", entries::failure("e"));
  EXPECT_EQ(groups(),
            "default/: 1 1 0 0 0, 0 0; default/kling: 2 1 0 1 0, 0 0; default/wan: 1 1 0 0 0, 0 0; "
            "second/kling: 1 1 0 0 0, 0 0; ");
}

TEST_P(LedgerOverviewContract, AGroupHasTheVideosThatAreOnDisk) {
  runs::make_all_kinds(runs_);
  const auto of_all = runs_.reader()->overview(runs_.now()).groups;
  std::uint64_t tasks = 0;
  std::uint64_t videos = 0;
  std::int64_t bytes = 0;
  for (const core::TaskGroup& group : of_all) {
    tasks += group.tasks;
    videos += group.videos_done;
    bytes += group.bytes;
  }
  EXPECT_EQ(tasks, 7U);
  EXPECT_EQ(videos, 2U);
  EXPECT_EQ(bytes, 2000);
}

TEST_P(LedgerOverviewContract, PendingIsWhatTheNextRunOfEachAccountWouldDo) {
  runs::make_all_kinds(runs_);
  EXPECT_EQ(pending(), "default: 2 2; ") << "asked: unfinished unsettled";
  import("other", "", "second");
  EXPECT_EQ(pending(), "default: 2 2; second: 1 0; ");
  runs_.clock().advance(runs::kStaleAfter * 2);
  EXPECT_EQ(pending(), "default: 1 2; ") << "the others are stale";
}

TEST_P(LedgerOverviewContract, AVideoWhoseLinkWasPrunedIsAskedAboutAgain) {
  runs_.run_with({"a", "b"});
  runs_.hear("a", entries::success("a"));
  runs_.hear("b", entries::success("b"));
  EXPECT_EQ(pending(), "default: 0 2; ");
  runs_.end();
  runs_.back_end().prune();
  std::vector<std::string> ids;
  runs_.reader()->each_pending("default", core::UtcTime{},
                               [&ids](const std::string& id) { ids.push_back(id); });
  EXPECT_EQ(pending(), "default: " + std::to_string(ids.size()) + " 2; ");
}

}  // namespace
