// What core::LedgerReader promises, held against the fake and every back end.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/files/sha256.h"
#include "core/ledger/ledger_reader.h"
#include "tests/storage/runs.h"
#include "tests/storage/view_columns.h"

namespace {

using core::LedgerTotals;
using core::VideoState;
using runs::columns;
using runs::Columns;
using runs::expect_columns;
using std::chrono::milliseconds;
using std::chrono::seconds;

const core::UtcTime kSubmitted{seconds(1'780'284'820)};  // as the answers in entries.h say
const core::UtcTime kExpires{seconds(1'780'371'305)};    // the same
const core::UtcTime kDead = kExpires + milliseconds(1);  // what expired then is

class LedgerReaderContract : public testing::TestWithParam<support::BackEndMaker> {
 protected:
  // A success, whose video is saved, or failed to be.
  void succeed(const std::string& id, const std::string& expires = "1780371305") {
    runs_.run_with({id});
    runs_.hear(id, entries::success(id, expires));
  }
  void save(const std::string& id, const std::string& path) {
    succeed(id);
    runs_.save(id, path);
  }
  void prune() {
    runs_.end();
    runs_.back_end().prune();
  }
  core::Requeued want_again(const std::vector<core::SavedVideo>& missing, core::UtcTime now) {
    runs_.end();  // it keeps people from changing what it writes
    return runs_.reader()->want_again(missing, now);
  }

  runs::Runs runs_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(All, LedgerReaderContract, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(LedgerReaderContract, AnEmptyLedgerHasNothing) {
  const auto reader = runs_.reader();
  const LedgerTotals totals = reader->totals(runs_.now());
  EXPECT_EQ(totals.tasks + totals.runs + totals.answers + totals.stale + totals.videos_wanted, 0U);
  EXPECT_FALSE(totals.oldest_unfinished);
  EXPECT_FALSE(totals.soonest_expiry);
  EXPECT_FALSE(reader->task("default", entries::id("a")));
  EXPECT_FALSE(reader->answer_of(1, ""));
  EXPECT_TRUE(runs_.saved_videos().empty());
  EXPECT_EQ(runs_.pending(), "");
}

TEST_P(LedgerReaderContract, RunsAreReadWithWhatTheirSummariesSay) {
  EXPECT_TRUE(runs_.reader()->last_runs(9).empty());
  EXPECT_FALSE(runs_.reader()->run(1));
  runs_.begin_run();
  runs_.clock().advance(milliseconds(1'500));
  runs_.work().end_run(3, R"({"run_id":1,"exit_code":3,"rows_rejected":2,"tasks":9,"queried":8,)"
                          R"("succeeded":5,"failed":1,"unfinished":2,"missing":1,"not_answered":1,)"
                          R"("videos_downloaded":4,"videos_failed":1,"videos_expired":1,)"
                          R"("videos_left":3,"bytes":5000000000,"requests":10,"retries":2,)"
                          R"("errors":{"http_5xx":2}})");
  runs_.kill();
  runs_.begin_run();
  const auto first = runs_.reader()->run(1);
  ASSERT_TRUE(first);
  expect_columns(*first, {{"run_id", "1"},
                          {"took_ms", "1500"},
                          {"host", "h"},
                          {"version", "1"},
                          {"crew", {}},
                          {"exit_code", "3"},
                          {"rows_rejected", "2"},
                          {"tasks", "9"},
                          {"queried", "8"},
                          {"succeeded", "5"},
                          {"failed", "1"},
                          {"unfinished", "2"},
                          {"missing", "1"},
                          {"not_answered", "1"},
                          {"videos_downloaded", "4"},
                          {"videos_failed", "1"},
                          {"videos_expired", "1"},
                          {"videos_left", "3"},
                          {"bytes", "5000000000"},
                          {"requests", "10"},
                          {"retries", "2"},
                          {"errors", R"({"http_5xx":2})"}});
  const Columns times = columns(*first);
  EXPECT_LT(times.at("started_at"), times.at("finished_at"));
  const auto all = runs_.reader()->last_runs(9);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all.front(), *first);
  expect_columns(
      all.back(),
      {{"run_id", "2"}, {"finished_at", {}}, {"exit_code", {}}, {"tasks", {}}, {"errors", {}}});
  ASSERT_EQ(runs_.reader()->last_runs(1).size(), 1U);
  EXPECT_EQ(runs_.reader()->last_runs(1).front(), all.back());
}

TEST_P(LedgerReaderContract, TotalsAreOfAllTasksAnswersAndVideos) {
  runs::make_all_kinds(runs_);  // 3 runs; 3 + 4 + 2 answers
  succeed("lost");
  runs_.fail_to_save("lost", VideoState::failed);
  succeed("expired");
  runs_.fail_to_save("expired", VideoState::expired);
  succeed("sooner", "1780371304");
  const LedgerTotals totals = runs_.reader()->totals(runs_.now());
  EXPECT_EQ(totals.tasks, 10U);
  EXPECT_EQ(totals.unfinished, 1U);
  EXPECT_EQ(totals.succeeded, 6U);
  EXPECT_EQ(totals.failed, 2U);
  EXPECT_EQ(totals.missing, 1U);
  EXPECT_EQ(totals.stale, 0U);
  EXPECT_EQ(totals.forgotten, 0U);
  EXPECT_EQ(totals.videos_wanted, 3U);
  EXPECT_EQ(totals.videos_done, 2U);
  EXPECT_EQ(totals.videos_failed, 1U);
  EXPECT_EQ(totals.videos_expired, 1U);
  EXPECT_EQ(totals.runs, 6U);
  EXPECT_EQ(totals.answers, 12U);
  EXPECT_EQ(totals.video_bytes, 2000);
  EXPECT_EQ(totals.soonest_expiry, kExpires - seconds(1));
}

TEST_P(LedgerReaderContract, BytesOfAVideoCountAlsoWhenItsFileIsGone) {
  save("a", "/v/a");
  runs_.run_with({"a"}, runs::files(false));
  const LedgerTotals totals = runs_.reader()->totals(runs_.now());
  EXPECT_EQ(totals.videos_wanted, 1U);
  EXPECT_EQ(totals.videos_done, 0U);
  EXPECT_EQ(totals.video_bytes, 1000);
}

TEST_P(LedgerReaderContract, TheOldestUnfinishedTaskIsBySubmitTimeElseFirstSeen) {
  runs_.run_with({"a"});
  const core::UtcTime seen = runs_.now();
  runs_.clock().advance(std::chrono::hours(1));
  runs_.run_with({"b", "c"});
  EXPECT_EQ(runs_.reader()->totals(seen).oldest_unfinished, seen);
  runs_.hear("b", entries::running("b"));
  EXPECT_EQ(runs_.reader()->totals(seen).oldest_unfinished, kSubmitted);
  runs_.hear("b", entries::failure("b"));
  EXPECT_EQ(runs_.reader()->totals(seen).oldest_unfinished, seen) << "b is finished";
}

TEST_P(LedgerReaderContract, StaleIsWhatTheLastRunWouldLeaveOut) {
  runs_.run_with({"a", "done"});
  runs_.hear("done", entries::success("done"));
  const core::UtcTime edge = runs_.now() + runs::kStaleAfter;
  EXPECT_EQ(runs_.reader()->totals(edge).stale, 0U);
  EXPECT_EQ(runs_.reader()->totals(edge + milliseconds(1)).stale, 1U);
  EXPECT_EQ(runs_.reader()->totals(edge + milliseconds(1)).unfinished, 1U) << "it is both";
  runs_.work().begin_run({.version = "1",
                          .host = "h",
                          .inputs = {},
                          .accounts = {"default"},
                          .stale_after = runs::kStaleAfter * 2});
  EXPECT_EQ(runs_.reader()->totals(edge + milliseconds(1)).stale, 0U);
}

TEST_P(LedgerReaderContract, ForgottenTasksAreCountedNowhereElse) {
  runs_.run_with({"a", "b"});
  runs_.hear("a", entries::running("a"));
  runs_.end();
  runs_.back_end().forget("a");
  const LedgerTotals totals = runs_.reader()->totals(runs_.now() + runs::kStaleAfter * 2);
  EXPECT_EQ(totals.tasks, 1U);
  EXPECT_EQ(totals.unfinished, 1U);
  EXPECT_EQ(totals.forgotten, 1U);
  EXPECT_EQ(totals.stale, 1U);
  EXPECT_EQ(totals.oldest_unfinished, runs_.now());
  EXPECT_EQ(totals.answers, 1U) << "its history stays";
  EXPECT_EQ(runs_.cell("a", "state"), "forgotten");
  EXPECT_EQ(runs_.pending(), "b");
  EXPECT_TRUE(runs_.reader()->would_ask("default", "a", {}));
}

TEST_P(LedgerReaderContract, AReaderSeesWhatARunHasCommittedMeanwhile) {
  runs_.run_with({"a"});
  const auto reader = runs_.reader();
  EXPECT_EQ(reader->totals(runs_.now()).answers, 0U);
  runs_.hear("a", entries::failure("a"));
  EXPECT_EQ(reader->totals(runs_.now()).answers, 1U);
  EXPECT_EQ(reader->task("default", entries::id("a")).value().snapshots.size(), 1U);
}

TEST_P(LedgerReaderContract, AnAnswerIsFoundByItsNumberAndTheBeginOfItsHash) {
  runs_.run_with({"a"});
  runs_.hear("a", entries::running("a"));
  const std::string body = entries::success("a") + "\n \xC3\xA4";
  runs_.hear("a", body);
  core::Sha256 hash;
  hash.update(body);
  const std::string sha256 = core::hex(hash.finish());
  const auto reader = runs_.reader();
  for (const std::size_t length : {0U, 12U, 64U}) {
    const auto answer = reader->answer_of(2, sha256.substr(0, length));
    ASSERT_TRUE(answer) << length;
    EXPECT_EQ(answer->answer, body);
    expect_columns(answer->columns,
                   {{"task_id", "a"}, {"snapshot_id", "2"}, {"raw_sha256", sha256}});
  }
  EXPECT_FALSE(reader->answer_of(1, sha256.substr(0, 12))) << "another answer's hash";
  EXPECT_FALSE(reader->answer_of(2, sha256 + "0"));
  EXPECT_FALSE(reader->answer_of(3, ""));
}

TEST_P(LedgerReaderContract, APrunedAnswerKeepsItsColumnsAndALaterOneHasItsBytes) {
  save("a", "/v/a");
  prune();
  const auto pruned = runs_.reader()->answer_of(1, "");
  ASSERT_TRUE(pruned);
  EXPECT_FALSE(pruned->answer);
  expect_columns(pruned->columns, {{"task_id", "a"}, {"status", "SUCCESS"}});
  EXPECT_FALSE(runs_.reader()->task("default", entries::id("a")).value().snapshots[0].answer);
  core::ImportRules refresh;
  refresh.refresh = true;
  runs_.run_with({"a"}, refresh);
  runs_.hear("a", entries::success("a"));
  const auto found = runs_.reader()->answer_of(1, "");
  EXPECT_EQ(found.value().answer, entries::success("a"));
  expect_columns(found->columns, {{"snapshot_id", "1"}});
}

TEST_P(LedgerReaderContract, WouldAskWhatAnImportAsks) {
  core::ImportRules refresh = runs::files(true);
  refresh.refresh = true;
  const std::vector<std::pair<core::ImportRules, std::string>> cases{
      {{}, "new unfinished unsettled"},
      {runs::files(true), "new unfinished unsettled"},
      {runs::files(false), "new saved unfinished unsettled"},
      {refresh, "failed failed_but_saved missing new saved succeeded unfinished unsettled"}};
  runs::make_all_kinds(runs_);
  for (const auto& [rules, expected] : cases) {
    const auto reader = runs_.reader();
    std::vector<std::string> asked;
    for (const char* id : {"unfinished", "succeeded", "saved", "unsettled", "failed",
                           "failed_but_saved", "missing", "new"}) {
      if (reader->would_ask("default", id, rules)) {
        asked.emplace_back(id);
      }
    }
    EXPECT_EQ(runs::joined(asked), expected);
    EXPECT_TRUE(reader->would_ask("nobody", "succeeded", rules)) << "nobody has no such task";
  }
}

TEST_P(LedgerReaderContract, PendingIsWhatARunWouldAsk) {
  runs::make_all_kinds(runs_);
  EXPECT_EQ(runs_.pending(), "unfinished unsettled");
  EXPECT_EQ(runs_.pending("nobody"), "");
  runs_.clock().advance(runs::kStaleAfter * 2);
  EXPECT_EQ(runs_.pending(), "unsettled") << "the other is stale";
}

TEST_P(LedgerReaderContract, PendingComesInTheOrderOfTheLedger) {
  for (const char* id : {"c", "a", "d", "b"}) {
    runs_.run_with({id});
  }
  std::vector<std::string> ids;
  runs_.reader()->each_pending("default", core::UtcTime{},
                               [&ids](const std::string& id) { ids.push_back(id); });
  EXPECT_EQ(runs::joined(ids, false), "c a d b");
}

TEST_P(LedgerReaderContract, SavedVideosComeByPath) {
  save("b", "/v/1.mp4");
  save("c", "/v/A.mp4");
  save("a", "/v/\xC3\xA4.mp4");
  save("d", "/v/a.mp4");
  succeed("wanted");
  std::string all;
  for (const core::SavedVideo& video : runs_.saved_videos()) {
    EXPECT_EQ(video.task, runs_.key(video.task_id));
    EXPECT_EQ(video.index, 1);
    EXPECT_EQ(video.account, "default");
    EXPECT_EQ(video.bytes, 1000);
    EXPECT_EQ(video.sha256, std::string(64, 'a'));
    all += video.task_id + video.path + " ";
  }
  EXPECT_EQ(all, "b/v/1.mp4 c/v/A.mp4 d/v/a.mp4 a/v/\xC3\xA4.mp4 ") << "by bytes";
}

TEST_P(LedgerReaderContract, DescribesTheVideosThatItStillHas) {
  runs_.begin_run();
  runs_.import(std::vector{core::WantedTask{
      .id = entries::id("a"), .model = "kling", .labels = {{"p", "1"}, {"o", "2"}}}});
  runs_.hear("a", entries::success("a"));
  runs_.save("a", "/v/a");
  std::vector<core::SavedVideo> videos = runs_.saved_videos();
  ASSERT_EQ(videos.size(), 1U);
  core::SavedVideo unknown = videos[0];
  unknown.index = 2;
  videos.insert(videos.begin(), unknown);
  unknown.task = 4711;
  videos.push_back(unknown);
  int told = 0;
  runs_.reader()->describe(videos,
                           [&](const core::SavedVideo& video, core::SavedVideoFacts&& facts) {
                             ++told;
                             EXPECT_EQ(video.path, "/v/a");
                             EXPECT_EQ(video.index, 1);
                             EXPECT_EQ(facts.model, "kling");
                             EXPECT_EQ(facts.status, "SUCCESS");
                             EXPECT_EQ(facts.finish_time, core::UtcTime(seconds(1'780'284'918)));
                             EXPECT_EQ(facts.labels, (core::Labels{{"p", "1"}, {"o", "2"}}));
                             EXPECT_EQ(facts.checks, "length boxes");
                           });
  EXPECT_EQ(told, 1);
}

TEST_P(LedgerReaderContract, AMissingFileIsFetchedAgainByTheNextPendingRun) {
  save("a", "/v/a");
  save("b", "/v/b");
  std::vector<core::SavedVideo> videos = runs_.saved_videos();
  ASSERT_EQ(videos.size(), 2U);
  const core::Requeued requeued = want_again({videos[0]}, runs_.now());
  EXPECT_EQ(requeued.missing, 1U);
  EXPECT_EQ(requeued.given_up, 0U);
  runs_.begin_run();
  runs_.work().add_pending(0);
  const auto wanted = runs_.videos();
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].id.text(), "a");
  EXPECT_EQ(wanted[0].path, "/v/a");
  EXPECT_EQ(runs_.saved_videos().size(), 1U);
}

TEST_P(LedgerReaderContract, WhatRunsGaveUpIsTriedAgainUnlessItsLinkSaysThatItIsDead) {
  struct Case {
    const char* id;
    VideoState state;
    const char* expires;
    bool is_wanted;
  };
  const std::vector<Case> cases{{"failed", VideoState::failed, "1780371305", true},
                                {"expired", VideoState::expired, "1780371305", false},
                                {"expired_by_guess", VideoState::expired, "", true},
                                {"alive", VideoState::expired, "1780371306", true}};
  for (const Case& one : cases) {
    succeed(one.id, one.expires);
    runs_.fail_to_save(one.id, one.state);
  }
  const core::Requeued requeued = want_again({}, kExpires);
  EXPECT_EQ(requeued.given_up, 3U);
  EXPECT_EQ(requeued.missing, 0U);
  runs_.begin_run();
  runs_.work().add_pending(0);
  std::vector<std::string> wanted;
  for (const core::WantedVideo& video : runs_.videos()) {
    wanted.push_back(video.id.text());
    EXPECT_FALSE(video.first_refusal) << "whatever was heard of its link";
  }
  EXPECT_EQ(runs::joined(wanted), "alive expired_by_guess failed");
  EXPECT_EQ(want_again({}, kExpires).given_up, 0U) << "they are wanted already";
}

TEST_P(LedgerReaderContract, AMissingFileWhoseLinkIsDeadStaysAsItIs) {
  save("a", "/v/a");
  const auto videos = runs_.saved_videos();
  EXPECT_EQ(want_again(videos, kDead).missing, 0U);
  EXPECT_EQ(runs_.saved_videos().size(), 1U);
  EXPECT_EQ(want_again(videos, kExpires).missing, 0U) << "it dies at that moment";
  EXPECT_EQ(want_again(videos, kExpires - milliseconds(1)).missing, 1U);
  EXPECT_TRUE(runs_.saved_videos().empty());
}

}  // namespace
