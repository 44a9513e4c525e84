// Lists, pending tasks and runs.
#include "storage/sqlite/task_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tests/storage/sqlite/task_store_world.h"

namespace {

using namespace task_store_world;

TEST_F(TaskStoreTest, DuplicatesAreQueriedOnceAndCounted) {
  EXPECT_EQ(import({"b", "a", "b"}), 1U);
  EXPECT_EQ(import({"c", "a"}), 1U);
  EXPECT_EQ(asked(), "a b c");
  EXPECT_EQ(number("SELECT count(*) FROM task"), 3);
  begin_run();
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(import({"a"}), 0U) << "the runs before do not count";
}

// Rows are added many at once: among them are known tasks, and rows that a list repeats.
TEST_F(TaskStoreTest, ALongListWithKnownAndRepeatedRowsIsAddedOnce) {
  const auto name = [](int number) { return "t" + std::to_string(1000 + number); };
  import({name(40), name(70)});
  hear(name(40), entries::success(name(40)));
  begin_run();
  std::vector<std::string> list;
  for (int number = 199; number >= 0; --number) {
    list.push_back(name(number));
    if (number % 90 == 7) {
      list.push_back(name(number));
    }
  }
  EXPECT_EQ(import(list), 3U) << "7, 97 and 187";
  EXPECT_EQ(number("SELECT count(*) FROM task"), 200);
  EXPECT_EQ(number("SELECT count(*) FROM work"), 200);
  EXPECT_EQ(number("SELECT count(*) FROM work WHERE settled = 0"), 199) << "one has succeeded";
  EXPECT_EQ(import(list), 203U);
  EXPECT_EQ(number("SELECT count(*) FROM task"), 200);
  EXPECT_EQ(number("SELECT count(*) FROM work WHERE settled = 0"), 199);
}

TEST_F(TaskStoreTest, IdsThatDifferInAnyByteAreDifferentTasks) {
  EXPECT_EQ(import({"a", "A", "a.", "aa", "\xC3\xA4", "a'; DROP TABLE task; --"}), 0U);
  EXPECT_EQ(number("SELECT count(*) FROM task"), 6);
}

TEST_F(TaskStoreTest, TheSameIdOfAnotherAccountIsAnotherTask) {
  import({"a"});
  EXPECT_EQ(import({"a"}, kOnDisk, 1), 0U);
  EXPECT_EQ(text("SELECT group_concat(account, ' ') FROM (SELECT account FROM v_task ORDER BY 1)"),
            "default other");
}

TEST_F(TaskStoreTest, TheTimeOfTheFirstSightingStays) {
  import({"a"});
  const std::int64_t first = number("SELECT first_seen FROM task");
  clock_.advance(std::chrono::hours(1));
  begin_run();
  import({"a"});
  EXPECT_EQ(number("SELECT first_seen FROM task"), first);
}

TEST_F(TaskStoreTest, ALaterListAddsLabelsAndRemovesNone) {
  import_row("", {{"project", "x"}, {"customer", "Ren\xC3\xA9 \"R\""}});
  EXPECT_EQ(text("SELECT labels FROM v_task"),
            "{\"project\":\"x\",\"customer\":\"Ren\xC3\xA9 \\\"R\\\"\"}");
  import_row("kling-v2", {});
  import_row("", {});
  EXPECT_EQ(text("SELECT model FROM v_task"), "kling-v2");
  import_row("", {{"customer", "Ren\xC3\xA9 \"R\""}, {"R", "1"}, {"note", "x\"R"}});
  import_row("", {{"project", "x"}});
  import_row("", {{"R", "1"}, {"project", "x"}});
  EXPECT_EQ(
      text("SELECT (labels ->> 'project') || (labels ->> 'R') || (labels ->> 'note') FROM v_task"),
      "x1x\"R");
  EXPECT_EQ(told_.count, 0U);
  EXPECT_EQ(number("SELECT count(*) FROM label_change"), 0);
}

// The text of a label may look like the pair of another one.
TEST_F(TaskStoreTest, ALabelIsNotFoundInsideAnotherOne) {
  import_row("", {{"x\"b", "1"}});
  import_row("", {{"b", "1"}});
  EXPECT_EQ(text("SELECT labels ->> 'b' FROM v_task"), "1");
}

TEST_F(TaskStoreTest, AnotherValueOfALabelIsKeptAsAChangeWithItsRun) {
  import_row("m1", {{"customer", "acme"}, {"project", "p"}});
  begin_run();
  import_row("m2", {{"customer", "beta"}, {"project", "p"}});
  import_row("m2", {{"customer", "beta"}});
  EXPECT_EQ(text("SELECT model || labels FROM v_task"),
            "m1{\"customer\":\"acme\",\"project\":\"p\"}");
  EXPECT_EQ(told_.count, 4U);
  ASSERT_EQ(told_.named.size(), core::LabelDifferences::kNamedMax);
  EXPECT_EQ(told_.named[1].name, "customer");
  EXPECT_EQ(told_.named[1].ledger_value, "acme");
  EXPECT_EQ(told_.named[1].list_value, "beta");
  EXPECT_EQ(number("SELECT count(*) FROM label_change WHERE run = 2 AND NOT taken"), 2)
      << "each once";
  ImportRules relabel = kOnDisk;
  relabel.relabel = true;
  entries::import(*store_,
                  std::vector{core::WantedTask{
                      .id = entries::id("a"), .model = "m2", .labels = {{"customer", "beta"}}}},
                  relabel);
  EXPECT_EQ(text("SELECT model || labels FROM v_task"),
            "m2{\"customer\":\"beta\",\"project\":\"p\"}");
  EXPECT_EQ(text("SELECT group_concat(name || ':' || ledger_value || ':' || list_value, ' ') FROM "
                 "v_label_change WHERE taken"),
            "model:m1:m2 customer:acme:beta");
  EXPECT_THROW(SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("DELETE FROM label_change"),
               SQLite::Exception);
}

TEST_F(TaskStoreTest, AFinishedTaskIsQueriedOnlyOnRefresh) {
  finish_a();
  begin_run();
  import({"a", "b"});
  EXPECT_EQ(asked(), "b");
  begin_run();
  ImportRules refresh = kOnDisk;
  refresh.refresh = true;
  import({"a"}, refresh);
  EXPECT_EQ(asked(), "a");
}

TEST_F(TaskStoreTest, KnowsWhetherAnotherRunBeganSince) {
  begin_run();
  EXPECT_NO_THROW(store_->require_newest_run());
  storage::TaskStore other(path_, clock_, false);
  other.begin_run({.version = "1.0", .host = "h", .accounts = {"default"}});
  EXPECT_THROW(store_->require_newest_run(), core::Error);
  EXPECT_NO_THROW(other.require_newest_run());
}

TEST_F(TaskStoreTest, RemembersThatAListNamedTheAccount) {
  begin_run();
  const std::string names = "SELECT group_concat(task_id || account_named, ' ') FROM task";
  import({"a", "b"});
  std::vector<core::WantedTask> named;
  for (const char* id : {"b", "c"}) {
    named.push_back({.id = entries::id(id), .model = "", .labels = {}, .account = "default"});
  }
  entries::import(*store_, named, kOnDisk);
  EXPECT_EQ(text(names), "a0 b1 c1");
  import({"a", "b", "c"});
  EXPECT_EQ(text(names), "a0 b1 c1") << "a later list without the column takes nothing back";
}

TEST_F(TaskStoreTest, AMissingFileIsWantedAgainUnderItsOwnPathAndItsTaskQueried) {
  finish_a();
  begin_run();
  std::vector<std::pair<std::string, std::int64_t>> looked;
  ImportRules rules;
  rules.on_disk = [&looked](const std::string& path, std::int64_t bytes) {
    looked.emplace_back(path, bytes);
    return false;
  };
  import({"a"}, rules);
  EXPECT_EQ(looked, (std::vector<std::pair<std::string, std::int64_t>>{{"/v/a.mp4", 1000}}));
  EXPECT_EQ(asked(), "a");
  EXPECT_EQ(text("SELECT state || path FROM v_video"), "wanted/v/a.mp4");
}

TEST_F(TaskStoreTest, WithoutOnDiskNoFilesAreChecked) {
  finish_a();
  begin_run();
  import({"a"}, ImportRules{});
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(text("SELECT state FROM v_video"), "done");
}

TEST_F(TaskStoreTest, ARemainingVideoIsDownloadedWithoutAnotherQuery) {
  import({"a"});
  hear("a", entries::success("a"));
  begin_run();
  import({"a"});
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(store_->totals().videos_wanted, 1U);
}

TEST_F(TaskStoreTest, PendingAreUnfinishedTasksAndMissingVideosThatAreNotStale) {
  import({"stale"});
  clock_.advance(std::chrono::hours(37));
  import({"fresh", "done", "lacking", "failed", "old_by_its_submit_time"});
  hear("done", entries::success("done"));
  write(saved(number("SELECT id FROM task WHERE task_id = 'done'"), "/v/done.mp4"));
  hear("lacking", entries::success("lacking"));
  hear("failed", entries::failure("failed"));
  clock_.jump(std::chrono::hours(24));  // the answers have 2026-06-01T03:33:40Z
  hear("old_by_its_submit_time", entries::running("old_by_its_submit_time"));
  begin_run();
  EXPECT_EQ(store_->add_pending(0), 2U) << "left out";
  EXPECT_EQ(store_->videos_to_fetch(), 1U);
  EXPECT_EQ(asked(), "fresh");
  EXPECT_EQ(on_the_list(), "fresh lacking");
  const RunTotals totals = store_->totals();
  EXPECT_EQ(totals.tasks, 2U);
  EXPECT_EQ(totals.unfinished, 1U);
  EXPECT_EQ(totals.stale, 0U);
}

TEST_F(TaskStoreTest, AStaleTaskThatAFileNamesIsQueried) {
  import({"a"});
  clock_.advance(std::chrono::hours(37));
  begin_run();
  import({"a"});
  EXPECT_EQ(store_->add_pending(0), 0U) << "it is not left out";
  EXPECT_EQ(asked(), "a");
  EXPECT_EQ(store_->totals().stale, 1U);
}

TEST_F(TaskStoreTest, ATaskThatBecomesStaleInARunIsStaleAtItsEnd) {
  import({"a"});
  EXPECT_EQ(store_->totals().stale, 0U);
  clock_.advance(std::chrono::hours(37));
  EXPECT_EQ(store_->totals().stale, 1U);
}

// Answers of a gateway in November 2026: the charge at submit, and minutes later the settled one.
TEST_F(TaskStoreTest, ARecordedRaceOfSettlementEndsWithTheSettledQuota) {
  const std::string id = "task_WvLNjhptYnDbH1evaAu7cGQoMoAiqs0X";
  import({id});
  const auto hear_at = [&](core::UtcTime when, const std::string& file) {
    clock_.jump(when - clock_.utc());
    core::AnswerEntry entry = answer(id, support::read_file(TEST_DATA "/answers/" + file));
    entry.settles_at = core::settles_at(
        {.received_at = when, .server_time = {}, .finish_time = entry.answer.facts.finish_time},
        {});
    write(std::move(entry));
  };
  const core::UtcTime first{std::chrono::milliseconds(1'795'705'250'628)};
  hear_at(first, "settle_race_1.json");
  EXPECT_EQ(text("SELECT quota FROM v_task"), "500000");
  begin_run();
  store_->add_pending(0);
  EXPECT_EQ(asked(), id);
  hear_at(first + std::chrono::minutes(3), "settle_race_2.json");
  EXPECT_EQ(text("SELECT quota FROM v_task"), "217800");
  EXPECT_EQ(number("SELECT count(*) FROM unsettled"), 0);
  EXPECT_EQ(number("SELECT final_snapshot FROM task"), 2) << "reports count the later answer";
}

TEST_F(TaskStoreTest, PendingIncludesTasksWhoseQuotaIsNotSettled) {
  import({"a", "b"});
  for (const auto& [id, key] : {std::pair("a", 1), std::pair("b", 2)}) {
    core::AnswerEntry entry =
        entries::answered({.task = key, .id = id, .body = entries::success(id)});
    if (key == 1) {
      entry.settles_at = entries::kNow;
    }
    write(std::move(entry));
    write(saved(key, std::string("/v/") + id));
  }
  begin_run();
  store_->add_pending(0);
  EXPECT_EQ(asked(), "a");
  begin_run();
  import({"a", "b"});
  EXPECT_EQ(asked(), "a");
}

TEST_F(TaskStoreTest, PendingAddsOnlyTasksOfItsAccountAndNothingTwice) {
  import({"a"});
  import({"b"}, kOnDisk, 1);
  begin_run();
  import({"a"});
  store_->add_pending(0);
  EXPECT_EQ(on_the_list(), "a");
  store_->add_pending(1);
  EXPECT_EQ(on_the_list(), "a b");
}

TEST_F(TaskStoreTest, AReopenedLedgerContinuesWhereItStopped) {
  import({"a"});
  hear("a", entries::running("a"));
  store_.reset();
  store_ = std::make_unique<TaskStore>(path_, clock_, false);
  begin_run();
  EXPECT_EQ(store_->run(), 2);
  import({"a"});
  hear("a", entries::running("a"));
  hear("a", entries::success("a"));
  EXPECT_EQ(text("SELECT group_concat(snapshot_id || ' ' || run_id, ', ') FROM v_snapshot"),
            "1 1, 2 2, 3 2");
  EXPECT_EQ(number("SELECT count(*) FROM dictionary"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM account"), 2);
}

TEST_F(TaskStoreTest, TotalsAndSummaryBelongToThisRun) {
  finish_a();
  begin_run();
  import({"b", "c", "d"});
  hear("b", entries::success("b"));
  hear("c", entries::failure("c"));
  const RunTotals totals = store_->totals();
  EXPECT_EQ(totals.tasks, 3U);
  EXPECT_EQ(totals.succeeded, 1U);
  EXPECT_EQ(totals.failed, 1U);
  EXPECT_EQ(totals.unfinished, 1U);
  EXPECT_EQ(totals.missing, 0U);
  EXPECT_EQ(totals.videos_wanted, 1U);
  EXPECT_EQ(totals.videos_untried, 1U);
  store_->end_run(4, R"({"tasks":3})");
  EXPECT_EQ(text("SELECT exit_code || summary || inputs FROM run WHERE id = 2"),
            R"(4{"tasks":3}["tasks.csv"])");
  EXPECT_EQ(text("SELECT finished_at FROM run WHERE id = 2"),
            std::to_string(clock_.utc().time_since_epoch().count()));
}

// Only in that case, because it reads the whole file.
TEST(TaskStore, ARunChecksTheFileIfTheLastOneDidNotEnd) {
  const support::TempDir folder;
  const std::string path = folder.path("ledger.db");
  const support::ManualClock clock;
  const core::RunStart start{.version = "1", .host = "h", .inputs = {}, .accounts = {"a"}};
  for (const bool ended : {true, false}) {
    SCOPED_TRACE(ended);
    fs::remove(path);
    {
      TaskStore store(path, clock, false);
      store.begin_run(start);
      if (ended) {
        store.end_run(0, "{}");
      }
    }
    storage::open_for_writing(path)->exec("CREATE TABLE unread (x)");
    std::string bytes = support::read_file(path);
    bytes.replace(bytes.size() - 8192, 8, 8, '\x55');  // of its page, which is the last one
    entries::write_file(path, bytes);
    TaskStore store(path, clock, false);
    if (ended) {
      EXPECT_EQ(store.begin_run(start), 2);
    } else {
      EXPECT_THROW(store.begin_run(start), core::Error);
    }
  }
}

}  // namespace
