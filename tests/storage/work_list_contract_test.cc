// What core::WorkList promises, held against the fake and every back end.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/ledger/work_list.h"
#include "tests/storage/runs.h"

namespace {

using core::RunTotals;
using core::TaskState;
using core::VideoState;
using runs::kStaleAfter;
using std::chrono::milliseconds;

class WorkListContract : public testing::TestWithParam<support::BackEndMaker> {
 protected:
  static core::WantedTask row(const std::string& id, const std::string& model,
                              const core::Labels& labels) {
    return {.id = entries::id(id), .model = model, .labels = labels};
  }
  // "name:ledger>list" of each that is named.
  static std::string named(const core::ImportOutcome& outcome) {
    std::vector<std::string> all;
    for (const core::LabelDifference& one : outcome.label_differences.named) {
      all.push_back(one.task_id + "." + one.name + ":" + one.ledger_value + ">" + one.list_value);
    }
    return runs::joined(std::move(all), false);
  }
  runs::Runs runs_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(All, WorkListContract, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(WorkListContract, RunsAreNumberedAndBeginWithAnEmptyList) {
  EXPECT_EQ(runs_.begin_run(), 1);
  EXPECT_EQ(runs_.work().totals().tasks, 0U);
  runs_.import({"a", "b"});
  EXPECT_EQ(runs_.work().tasks_to_ask(), 2U);
  EXPECT_EQ(runs_.begin_run(), 2);
  EXPECT_EQ(runs_.work().totals().tasks, 0U);
  EXPECT_EQ(runs_.work().tasks_to_ask(), 0U);
  EXPECT_EQ(runs_.asked(), "");
  runs_.kill();
  EXPECT_EQ(runs_.begin_run(), 3);
}

TEST_P(WorkListContract, EachTaskIsAskedOnceAndDuplicatesAreCounted) {
  runs_.begin_run();
  EXPECT_EQ(runs_.import({"b", "a", "b", "b"}).duplicates, 2U);
  EXPECT_EQ(runs_.import({"c", "a"}).duplicates, 1U);
  EXPECT_EQ(runs_.asked(), "a b c");
  runs_.begin_run();
  EXPECT_EQ(runs_.import({"a"}).duplicates, 0U) << "the runs before do not count";
  EXPECT_EQ(runs_.asked(), "a");
}

TEST_P(WorkListContract, IdsThatDifferInAnyByteAreDifferentTasks) {
  runs_.begin_run();
  const std::vector<std::string> ids{"a", "A", "a.", "aa", "\xC3\xA4", "a'; DROP TABLE task; --"};
  EXPECT_EQ(runs_.import(ids).duplicates, 0U);
  EXPECT_EQ(runs_.work().tasks_to_ask(), ids.size());
  EXPECT_EQ(runs_.asked(), runs::joined(ids));
}

TEST_P(WorkListContract, TheSameIdOfAnotherAccountIsAnotherTask) {
  runs_.begin_run({"one", "two"});
  EXPECT_EQ(runs_.import({"a"}, {}, 0).duplicates, 0U);
  EXPECT_EQ(runs_.import({"a"}, {}, 1).duplicates, 0U);
  EXPECT_NE(runs_.key("a", "one"), runs_.key("a", "two"));
  runs_.hear("a", entries::failure("a"), 200, "two");
  EXPECT_EQ(runs_.row("a", "one")["state"], "unfinished");
  EXPECT_EQ(runs_.row("a", "two")["state"], "failed");
}

TEST_P(WorkListContract, AccountsGoByTheRunsOwnIndex) {
  runs_.begin_run({"one", "two"});
  runs_.import({"a"}, {}, 1);
  EXPECT_EQ(runs_.tasks().at(0).account, 1);
  EXPECT_EQ(runs_.left(), "1:a");
  runs_.begin_run({"three", "two", "one"});
  runs_.work().add_pending(1);
  runs_.import({"b"}, {}, 2);
  EXPECT_EQ(runs_.left(), "1:a 2:b");
  runs_.hear("a", entries::success("a"), 200, "two");
  EXPECT_EQ(runs_.videos().at(0).account, 1);
  EXPECT_EQ(runs_.left(), "1:a#1 2:b");
}

TEST_P(WorkListContract, ATaskIsFirstSeenWhenAListFirstNamesIt) {
  runs_.run_with({"a"});
  const core::UtcTime first = runs_.now();
  runs_.clock().advance(std::chrono::hours(1));
  runs_.run_with({"a", "b"});
  for (const core::TaskRecord& task : runs_.tasks()) {
    EXPECT_EQ(task.first_seen, task.id.text() == "a" ? first : runs_.now());
  }
}

TEST_P(WorkListContract, TheFirstRowOfATaskWins) {
  runs_.begin_run();
  const auto outcome = runs_.import(std::vector{row("a", "m1", {{"customer", "x"}}),
                                                row("a", "m2", {{"customer", "y"}, {"new", "n"}})});
  EXPECT_EQ(outcome.duplicates, 1U);
  EXPECT_EQ(outcome.label_differences.count, 2U);
  EXPECT_EQ(named(outcome), "a.model:m1>m2 a.customer:x>y");
  EXPECT_EQ(runs_.cell("a", "model"), "m1");
  EXPECT_EQ(runs_.cell("a", "labels"), R"({"customer":"x","new":"n"})");
}

TEST_P(WorkListContract, ALaterListAddsLabelsAndTakesNoneAway) {
  runs_.begin_run();
  runs_.import(std::vector{row("a", "", {{"project", "x"}, {"x\"b", "1"}})});
  runs_.begin_run();
  runs_.import(std::vector{row("a", "m", {})});
  runs_.import(std::vector{row("a", "", {})});
  const auto outcome = runs_.import(std::vector{row("a", "m", {{"b", "1"}, {"project", "x"}})});
  EXPECT_EQ(outcome.label_differences.count, 0U);
  EXPECT_EQ(runs_.cell("a", "model"), "m");
  EXPECT_EQ(runs_.cell("a", "labels"), R"({"project":"x","x\"b":"1","b":"1"})");
}

TEST_P(WorkListContract, DifferencesOfAllListsOfTheRunAreCountedAndTheFirstNamed) {
  runs_.begin_run();
  runs_.import(std::vector{row("a", "m1", {{"p", "1"}, {"q", "1"}}), row("b", "m1", {})});
  runs_.begin_run();
  runs_.import(std::vector{row("a", "m2", {{"p", "2"}})});
  const auto outcome = runs_.import(std::vector{row("a", "", {{"q", "2"}}), row("b", "m2", {})});
  EXPECT_EQ(outcome.label_differences.count, 4U);
  static_assert(core::LabelDifferences::kNamedMax == 3);
  EXPECT_EQ(named(outcome), "a.model:m1>m2 a.p:1>2 a.q:1>2");
  runs_.begin_run();
  EXPECT_EQ(runs_.import(std::vector{row("a", "m1", {})}).label_differences.count, 0U)
      << "those of the run before do not count";
}

TEST_P(WorkListContract, AListsLabelsBeatTheLedgersOnlyOnDemand) {
  for (const bool relabel : {false, true}) {
    runs_.begin_run();
    const std::string id = relabel ? "b" : "a";
    runs_.import(std::vector{row(id, "m1", {{"p", "1"}, {"q", "1"}})});
    const auto outcome =
        runs_.import(std::vector{row(id, "m2", {{"p", "2"}})}, {.relabel = relabel});
    EXPECT_EQ(outcome.label_differences.count, 2U) << "told in either case";
    EXPECT_EQ(runs_.cell(id, "model"), relabel ? "m2" : "m1");
    EXPECT_EQ(runs_.cell(id, "labels"), relabel ? R"({"p":"2","q":"1"})" : R"({"p":"1","q":"1"})");
  }
}

TEST_P(WorkListContract, WhatAListAsksAboutDependsOnWhatIsKnown) {
  struct Case {
    const char* name;
    core::ImportRules rules;
    const char* asked;
  };
  core::ImportRules refresh = runs::files(true);
  refresh.refresh = true;
  for (const Case& one :
       {Case{"files do not matter", {}, "unfinished unsettled"},
        Case{"all files are there", runs::files(true), "unfinished unsettled"},
        Case{"no file is there", runs::files(false), "saved unfinished unsettled"},
        Case{"refresh", refresh,
             "failed failed_but_saved missing saved succeeded unfinished unsettled"}}) {
    SCOPED_TRACE(one.name);
    runs::Runs runs(GetParam());
    runs::make_all_kinds(runs);
    runs.run_with(
        {"unfinished", "succeeded", "saved", "unsettled", "failed", "failed_but_saved", "missing"},
        one.rules);
    EXPECT_EQ(runs.asked(), one.asked);
    EXPECT_EQ(runs.work().totals().tasks, 7U) << "all of them are on the list";
  }
}

TEST_P(WorkListContract, AForgottenTaskIsAskedAboutWhenAListNamesIt) {
  runs_.run_with({"a"});
  runs_.hear("a", entries::running("a"));
  runs_.end();
  runs_.back_end().forget("a");
  runs_.begin_run();
  EXPECT_EQ(runs_.work().add_pending(0), 0U) << "a forgotten task is not left out: it is none";
  EXPECT_EQ(runs_.asked(), "");
  runs_.import({"a"});
  EXPECT_EQ(runs_.asked(), "a");
  runs_.begin_run();
  runs_.work().add_pending(0);
  EXPECT_EQ(runs_.asked(), "a") << "it is remembered again";
}

TEST_P(WorkListContract, AFileThatIsGoneIsFetchedAgainUnderItsPath) {
  runs_.run_with({"a"});
  runs_.hear("a", entries::success("a"));
  runs_.save("a", "/v/a.mp4");
  std::vector<std::pair<std::string, std::int64_t>> looked;
  const core::ImportRules rules{.on_disk = [&](const std::string& path, std::int64_t bytes) {
    looked.emplace_back(path, bytes);
    return false;
  }};
  runs_.run_with({"a"}, rules);
  EXPECT_EQ(looked, (std::vector<std::pair<std::string, std::int64_t>>{{"/v/a.mp4", 1000}}));
  EXPECT_EQ(runs_.work().videos_to_fetch(), 1U);
  EXPECT_EQ(runs_.videos().at(0).path, "/v/a.mp4");
  runs_.save("a", "/v/a.mp4");
  EXPECT_EQ(runs_.work().videos_to_fetch(), 0U);
}

TEST_P(WorkListContract, PendingIsWhatIsUnfinishedOrUnsettledOrLacksAVideo) {
  runs::make_all_kinds(runs_);
  runs_.begin_run();
  EXPECT_EQ(runs_.work().add_pending(0), 0U);
  EXPECT_EQ(runs_.asked(), "unfinished unsettled");
  EXPECT_EQ(runs_.work().tasks_to_ask(), 2U);
  EXPECT_EQ(runs_.work().videos_to_fetch(), 2U) << "of succeeded and unsettled";
  EXPECT_EQ(runs_.work().totals().tasks, 3U);
  EXPECT_EQ(runs_.left(), "0:succeeded#1 0:unfinished 0:unsettled 0:unsettled#1");
}

TEST_P(WorkListContract, CountsTheTasksOfAnAccountThatAListMayHave) {
  runs_.begin_run({"one", "two"});
  runs_.import({"new", "known", "done"}, {}, 0);
  runs_.import({"other"}, {}, 1);
  runs_.hear("known", entries::running("known"), 200, "one");
  runs_.hear("done", entries::success("done"), 200, "one");
  runs_.begin_run({"two", "one"});
  runs_.import({"new", "known", "done"}, {}, 1);
  runs_.import({"other"}, {}, 0);
  const core::UtcTime submitted{std::chrono::seconds(1780284820)};  // what `running` says
  EXPECT_EQ(runs_.work().tasks_to_ask(1, submitted), 2U);
  EXPECT_EQ(runs_.work().tasks_to_ask(1, submitted + milliseconds(1)), 1U) << "new";
  EXPECT_EQ(runs_.work().tasks_to_ask(0, submitted + milliseconds(1)), 1U);
}

TEST_P(WorkListContract, StaleTasksAreLeftOutAndCounted) {
  runs_.run_with({"old"});
  runs_.clock().advance(milliseconds(1));
  runs_.import({"edge"});
  // The answer says that it was submitted before either was seen.
  runs_.import({"old_by_its_submit_time"});
  runs_.hear("old_by_its_submit_time", entries::running("old_by_its_submit_time"));
  runs_.clock().advance(kStaleAfter);
  runs_.begin_run();
  EXPECT_EQ(runs_.work().add_pending(0), 2U);
  EXPECT_EQ(runs_.asked(), "edge") << "exactly as old as is allowed";
  EXPECT_EQ(runs_.work().totals().stale, 0U);
  runs_.clock().advance(milliseconds(1));
  EXPECT_EQ(runs_.work().totals().stale, 1U) << "by now";
}

TEST_P(WorkListContract, AStaleTaskThatAListNamesIsAskedAndNotCountedAsLeftOut) {
  runs_.run_with({"a", "b"});
  runs_.clock().advance(kStaleAfter + milliseconds(1));
  runs_.run_with({"a"});
  EXPECT_EQ(runs_.work().add_pending(0), 1U) << "b alone";
  EXPECT_EQ(runs_.asked(), "a");
  EXPECT_EQ(runs_.work().totals().stale, 1U);
}

TEST_P(WorkListContract, PendingKeepsToItsAccountAndAddsNothingTwice) {
  runs_.begin_run({"one", "two"});
  runs_.import({"a"}, {}, 0);
  runs_.import({"b"}, {}, 1);
  runs_.begin_run({"one", "two"});
  runs_.import({"a"}, {}, 0);
  runs_.work().add_pending(0);
  EXPECT_EQ(runs_.asked(), "a");
  EXPECT_EQ(runs_.work().totals().tasks, 1U);
  runs_.work().add_pending(1);
  EXPECT_EQ(runs_.asked(), "a b");
  EXPECT_EQ(runs_.work().totals().tasks, 2U);
}

TEST_P(WorkListContract, AVideoWhoseLinkWasPrunedMakesPendingAskItsTask) {
  runs_.run_with({"a"});
  runs_.hear("a", entries::success("a"));
  runs_.save("a", "/v/a.mp4");
  runs_.end();
  runs_.back_end().prune();
  EXPECT_EQ(runs_.reader()->want_again(runs_.saved_videos(), entries::kNow).missing, 1U);
  runs_.begin_run();
  runs_.work().add_pending(0);
  EXPECT_EQ(runs_.asked(), "a");
  EXPECT_TRUE(runs_.videos().empty()) << "until an answer brings a link";
  runs_.hear("a", entries::success("a"));
  EXPECT_EQ(runs_.videos().size(), 1U);
}

TEST_P(WorkListContract, TotalsAreOfTheRunsOwnTasksAndVideos) {
  runs::make_all_kinds(runs_);
  runs_.run_with({"unfinished", "succeeded", "unsettled", "failed", "missing"});
  RunTotals totals = runs_.work().totals();
  EXPECT_EQ(totals.tasks, 5U);
  EXPECT_EQ(totals.unfinished, 1U);
  EXPECT_EQ(totals.succeeded, 2U);
  EXPECT_EQ(totals.failed, 1U);
  EXPECT_EQ(totals.missing, 1U);
  EXPECT_EQ(totals.stale, 0U);
  EXPECT_EQ(totals.videos_wanted, 2U);
  EXPECT_EQ(totals.videos_untried, 2U);
  runs_.fail_to_save("succeeded", VideoState::wanted);
  runs_.fail_to_save("unsettled", VideoState::failed);
  totals = runs_.work().totals();
  EXPECT_EQ(totals.videos_wanted, 1U) << "one was given up";
  EXPECT_EQ(totals.videos_untried, 0U) << "and this run has tried the other";
  EXPECT_EQ(runs_.work().videos_to_fetch(), 1U);
}

TEST_P(WorkListContract, TasksAreLeftThatTheRunHasNoAnswerAboutAndNeverGaveUp) {
  runs_.run_with({"answered_before"});
  runs_.hear("answered_before", entries::running("answered_before"));
  runs_.begin_run();
  runs_.import({"answered_before", "untouched", "polled", "no_answer", "settled", "done"});
  runs_.hear("polled", entries::running("polled"));
  runs_.hear("no_answer", "oops", 500);
  runs_.append(core::SettleEntry{runs_.key("settled")});
  runs_.hear("done", entries::success("done"));
  EXPECT_EQ(runs_.left(false), "0:answered_before 0:no_answer 0:untouched");
}

TEST_P(WorkListContract, VideosAreLeftThatTheRunNeitherFetchedNorGaveUp) {
  runs_.run_with({"left", "saved", "tried", "given_up", "elsewhere"});
  for (const char* id : {"left", "saved", "tried", "given_up", "elsewhere"}) {
    runs_.hear(id, entries::success(id));
  }
  runs_.begin_run();
  runs_.import({"left", "saved", "tried", "given_up"});
  runs_.save("saved", "/v/saved");
  runs_.fail_to_save("tried", VideoState::wanted);
  runs_.fail_to_save("given_up", VideoState::expired);
  EXPECT_EQ(runs_.left(true), "0:left#1");
  EXPECT_EQ(runs_.left(false), "");
  runs_.run_with({"left", "saved", "tried", "given_up"});
  EXPECT_EQ(runs_.left(true), "0:left#1 0:tried#1") << "the next run tries again";
}

TEST_P(WorkListContract, KnowsWhetherAnotherRunBeganSince) {
  runs_.begin_run();
  runs_.begin_run();
  EXPECT_NO_THROW(runs_.work().require_newest_run());
  const auto other = runs_.back_end().open_work_list();
  other->begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
  EXPECT_THROW(runs_.work().require_newest_run(), core::Error);
  EXPECT_NO_THROW(other->require_newest_run());
}

// A run that was killed has no end, and some of its answers.
TEST_P(WorkListContract, AListThatIsReadAgainAfterAKilledRunGoesOn) {
  for (const bool ended : {true, false}) {
    SCOPED_TRACE(ended);
    const std::string a = ended ? "a" : "x";
    const std::string b = ended ? "b" : "y";
    runs_.run_with({a, b});
    runs_.hear(a, entries::success(a));
    if (ended) {
      runs_.work().end_run(3, R"({"tasks":2})");
    }
    runs_.kill();
    runs_.begin_run();
    EXPECT_EQ(runs_.import({a, b}).duplicates, 0U);
    EXPECT_EQ(runs_.asked(), b);
    EXPECT_EQ(runs_.work().videos_to_fetch(), 1U) << "of what was answered before";
    runs_.hear(b, entries::failure(b));
    EXPECT_EQ(runs_.work().tasks_to_ask(), 0U);
  }
}

TEST_P(WorkListContract, AnImportThatWasKilledLeavesNoneOrAllOfAList) {
  runs_.begin_run();
  core::WorkList& work = runs_.work();
  work.begin_import({});
  work.add(row("a", "m", {}), 0);
  work.add(row("b", "m", {}), 0);
  runs_.kill();
  runs_.begin_run();
  EXPECT_EQ(runs_.work().totals().tasks, 0U);
  EXPECT_EQ(runs_.import({"a", "b"}).duplicates, 0U);
  EXPECT_EQ(runs_.asked(), "a b");
}

}  // namespace
