#include "storage/sqlite/task_store.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/domain/lifecycle.h"
#include "core/error.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/statement.h"
#include "storage/statements/standing_columns.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using core::ImportRules;
using core::RunTotals;
using core::VideoState;
using entries::answered;
using entries::not_saved;
using entries::saved;
using storage::TaskStore;

const ImportRules kOnDisk{.on_disk = [](const std::string&, std::int64_t) { return true; }};

class TaskStoreTest : public testing::Test {
 protected:
  TaskStoreTest() { begin_run(); }
  // Whatever a test did, the ledger is consistent, and its tasks match their snapshots.
  void TearDown() override {
    EXPECT_EQ(storage::check_ledger(path_, answers_are_real_ ? "1.0" : ""),
              std::vector<std::string>{});
  }

  void begin_run() {
    store_->begin_run({.version = "1.0",
                       .host = "h",
                       .inputs = {"tasks.csv"},
                       .accounts = {"default", "other"},
                       .stale_after = std::chrono::hours(36)});
  }
  std::uint64_t import(const std::vector<std::string>& ids, const ImportRules& rules = kOnDisk,
                       int account = 0) {
    return entries::import(*store_, ids, rules, account).duplicates;
  }
  void import_row(const std::string& model, const core::Labels& labels) {
    const core::WantedTask row{.id = entries::id("a"), .model = model, .labels = labels};
    told_ = entries::import(*store_, std::vector{row}, kOnDisk).label_differences;
  }
  void write(core::Entry entry) { store_->write({&entry, 1}); }
  void hear(const std::string& id, const std::string& body, int http_status = 200) {
    write(answer(id, body, http_status));
  }
  core::AnswerEntry answer(const std::string& id, const std::string& body, int http_status = 200) {
    const auto database = storage::open_for_reading(path_);
    storage::Statement task(*database, ("SELECT id, " + storage::kStandingColumns +
                                        " FROM task WHERE task_id = '" + id + "'")
                                           .c_str());
    EXPECT_TRUE(task.step());
    return answered({.task = task.integer(0),
                     .id = id,
                     .body = body,
                     .http_status = http_status,
                     .run = store_->run(),
                     .before = storage::standing_of(task, 1),
                     .when = clock_.utc()});
  }
  void start_anew() {
    store_.reset();
    fs::remove(path_);
    store_ = std::make_unique<TaskStore>(path_, clock_, false);
    begin_run();
  }
  std::string text(const std::string& sql) {
    return storage::open_for_reading(path_)->execAndGet(sql).getString();
  }
  std::int64_t number(const std::string& sql) {
    return storage::open_for_reading(path_)->execAndGet(sql).getInt64();
  }
  std::string asked() {
    return text(
        "SELECT ifnull(group_concat(task_id, ' '), '') FROM (SELECT t.task_id FROM work w "
        "JOIN task t ON t.id = w.task WHERE w.settled = 0 ORDER BY 1)");
  }
  std::string on_the_list() {
    return text(
        "SELECT ifnull(group_concat(task_id, ' '), '') FROM (SELECT t.task_id FROM work w "
        "JOIN task t ON t.id = w.task ORDER BY 1)");
  }
  // `a` succeeded, and its video is at /v/a.mp4.
  void finish_a() {
    import({"a"});
    hear("a", entries::success("a"));
    write(saved(1, "/v/a.mp4"));
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  bool answers_are_real_ = true;  // the recorded facts are those of the bodies
  support::ManualClock clock_;
  std::unique_ptr<TaskStore> store_ = std::make_unique<TaskStore>(path_, clock_, false);
  core::LabelDifferences told_;  // of all lists so far
};

TEST_F(TaskStoreTest, DuplicatesAreQueriedOnceAndCounted) {
  EXPECT_EQ(import({"b", "a", "b"}), 1U);
  EXPECT_EQ(import({"c", "a"}), 1U);
  EXPECT_EQ(asked(), "a b c");
  EXPECT_EQ(number("SELECT count(*) FROM task"), 3);
  begin_run();
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(import({"a"}), 0U) << "the runs before do not count";
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

TEST_F(TaskStoreTest, AnUnchangedAnswerSharesItsBodyAndIsASnapshotToo) {
  import({"a", "b"});
  hear("a", entries::running("a"));
  hear("a", entries::running("a"));
  hear("a", entries::running("a", "50%"));
  hear("a", entries::running("a"));
  EXPECT_EQ(number("SELECT count(*) FROM snapshot"), 4);
  EXPECT_EQ(number("SELECT count(*) FROM answer_block"), 3);
  EXPECT_EQ(number("SELECT count(DISTINCT raw_sha256) FROM snapshot"), 2);
  EXPECT_EQ(number("SELECT queries FROM task WHERE task_id = 'a'"), 4);
}

TEST_F(TaskStoreTest, AnUnchangedAnswerSharesItsBodyWithinOneTransaction) {
  import({"a"});
  std::vector<core::Entry> batch(3, answer("a", entries::running("a")));
  store_->write(batch);
  EXPECT_EQ(text("SELECT group_concat(block || '.' || slot, ' ') FROM snapshot"), "1.0 1.0 1.0");
  EXPECT_EQ(text("SELECT hex(lengths) FROM answer_block").size(), 4U) << "one slot";
}

TEST_F(TaskStoreTest, BlocksAreBoundedInAnswersAndBytes) {
  import({"a"});
  std::vector<core::Entry> batch;
  for (int i = 0; i < 65; ++i) {
    batch.emplace_back(answer("a", entries::running("a", std::to_string(i))));
  }
  core::AnswerEntry large = answer("a", entries::running("a"));
  large.body += std::string(300 * 1024, ' ');
  batch.emplace_back(large);
  batch.emplace_back(answer("a", entries::running("a", "last")));
  store_->write(batch);
  EXPECT_EQ(text("SELECT group_concat(n, ' ') FROM (SELECT count(*) AS n FROM snapshot GROUP BY "
                 "block ORDER BY block)"),
            "64 1 1 1");
}

TEST_F(TaskStoreTest, UsageIsKeptUnderItsOwnNamesExactAsSent) {
  import({"a"});
  hear("a", entries::success("a", "", "5.0"));
  EXPECT_EQ(text("SELECT group_concat(name || '=' || value, ' ') FROM usage_metric"),
            "SR=1080 duration=5.0 input_video_duration=0 output_video_duration=8 video_count=1");
  EXPECT_EQ(text("SELECT group_concat(name || '=' || value, ' ') FROM v_usage WHERE task_id = 'a'"),
            "SR=1080 duration=5.0 input_video_duration=0 output_video_duration=8 video_count=1");
}

TEST_F(TaskStoreTest, HostileUsageIsReturnedUnchanged) {
  answers_are_real_ = false;
  import({"a"});
  core::AnswerEntry entry = answer("a", entries::success("a"));
  entry.answer.usage = {{"quote\"back\\slash", "\n\t"}, {"\xE4\xBD\xA0", "'); DROP"}, {"", ""}};
  write(entry);
  EXPECT_EQ(text("SELECT group_concat(name || '=' || value, ';') FROM usage_metric"),
            "quote\"back\\slash=\n\t;\xE4\xBD\xA0='); DROP;=");
}

TEST_F(TaskStoreTest, TheTaskShowsItsFinalAnswer) {
  import({"a"});
  hear("a", entries::running("a"));
  hear("a", entries::success("a", "1780371305"));
  EXPECT_EQ(text("SELECT state || ' ' || status || ' ' || progress || ' ' || action || ' ' || "
                 "submit_time || ' ' || finish_time || ' ' || output_seconds || ' ' || queries || "
                 "' ' || videos || ' ' || soonest_expiry FROM v_task"),
            "succeeded SUCCESS 100% generate 2026-06-01T03:33:40Z 2026-06-01T03:35:18Z 8 2 1 "
            "2026-06-02T03:35:05Z");
}

TEST_F(TaskStoreTest, AnUnusableAnswerChangesNothing) {
  finish_a();
  const std::string before = text("SELECT state || status || finish_time FROM v_task");
  hear("a", "<html>", 502);
  hear("a", entries::running("a"));
  hear("a", entries::success("other"));
  EXPECT_EQ(text("SELECT state || status || finish_time FROM v_task"), before);
  EXPECT_EQ(text("SELECT final_snapshot || ' ' || last_snapshot FROM task"), "1 4");
}

TEST_F(TaskStoreTest, TheLastFinalAnswerCounts) {
  finish_a();
  hear("a", entries::failure("a"));
  EXPECT_EQ(text("SELECT state || ' ' || fail_reason || ifnull(output_seconds, '-') FROM v_task"),
            "failed task failed-");
  EXPECT_EQ(number("SELECT final_snapshot FROM task"), 2);
}

TEST_F(TaskStoreTest, AnEqualFinalAnswerIsNotAnotherOne) {
  finish_a();
  hear("a", entries::running("a"));
  finish_a();
  EXPECT_EQ(text("SELECT final_snapshot || ' ' || last_snapshot FROM task"), "1 3");
  hear("a", entries::failure("a"));
  finish_a();
  EXPECT_EQ(number("SELECT final_snapshot FROM task"), 5) << "the failure was in between";
}

TEST_F(TaskStoreTest, ASavedVideoKeepsTheLinkOfItsDownload) {
  finish_a();
  hear("a", entries::success("a", "1780999999"));
  EXPECT_EQ(text("SELECT snapshot || ' ' || expires_at FROM video"), "1 1780371305000");
}

TEST_F(TaskStoreTest, AnUnfinishedAnswerNeverBlanksWhatIsKnown) {
  import({"a"});
  hear("a", entries::running("a"));
  hear("a", R"({"code":"success","data":{"task_id":"a","status":"QUEUED"}})");
  EXPECT_EQ(text("SELECT status || submit_time || action FROM v_task"),
            "QUEUED2026-06-01T03:33:40Zgenerate");
}

TEST_F(TaskStoreTest, AThirdRunThatDoesNotFindATaskMakesItMissing) {
  import({"a"});
  for (const char* state : {"unfinished", "unfinished", "missing"}) {
    hear("a", entries::kNotFound, 400);
    EXPECT_EQ(text("SELECT state FROM v_task"), state);
    clock_.advance(core::kNotFoundApart);
    begin_run();
    import({"a"});
  }
  EXPECT_EQ(asked(), "");
}

TEST_F(TaskStoreTest, RunsAtOnceMakeNoTaskMissingBeforeItsTime) {
  import({"a"});
  for (int run = 1; run <= 5; ++run) {
    hear("a", entries::kNotFound, 400);
    begin_run();
    import({"a"});
    clock_.advance(std::chrono::minutes(4));
  }
  EXPECT_EQ(text("SELECT state FROM v_task"), "unfinished") << "the last one came after 16 minutes";
  clock_.advance(std::chrono::minutes(4));
  hear("a", entries::kNotFound, 400);
  EXPECT_EQ(text("SELECT state FROM v_task"), "missing");
  EXPECT_EQ(text("SELECT not_found_runs || ' ' || not_found_answers FROM task"), "6 3");
  hear("a", entries::running("a"));
  EXPECT_EQ(text("SELECT not_found_runs || ' ' || not_found_answers || ' ' || "
                 "ifnull(not_found_at, '-') FROM task"),
            "0 0 -");
}

TEST_F(TaskStoreTest, OutcomesAreInternedAlsoWhenTheWordsNeverEnd) {
  import({"a"});
  std::vector<core::Entry> batch;
  constexpr int kWords = 5'000;  // more than the cache keeps
  for (int i = 0; i <= kWords; ++i) {
    batch.emplace_back(answer("a", entries::running("a", std::to_string(i % kWords))));
  }
  store_->write(batch);
  EXPECT_EQ(number("SELECT count(*) FROM outcome"), kWords);
  EXPECT_EQ(number("SELECT outcome FROM snapshot WHERE id = 5001"),
            number("SELECT outcome FROM snapshot WHERE id = 1"));
}

TEST_F(TaskStoreTest, NoTwoListsOfWordsShareAnOutcome) {
  answers_are_real_ = false;
  import({"a"});
  using namespace std::string_literals;
  for (const auto& [code, status] :
       {std::pair{"x\0y"s, "z"s}, std::pair{"x"s, "y\0z"s}, std::pair{"x"s, "yz"s}}) {
    core::AnswerEntry entry = answer("a", entries::running("a"));
    entry.answer.code = code;
    entry.answer.status = status;
    write(entry);
  }
  EXPECT_EQ(number("SELECT count(DISTINCT outcome) FROM snapshot"), 3);
}

TEST_F(TaskStoreTest, AWriteThatFailsStoresNothingAndDoesNoHarm) {
  import({"a"});
  hear("a", entries::running("a"));
  core::AnswerEntry nobody = answer("a", entries::running("a", "77%"));
  nobody.task = 4711;
  std::vector<core::Entry> batch{answer("a", entries::running("a", "66%")), nobody};
  EXPECT_THROW(store_->write(batch), core::Error);
  EXPECT_EQ(number("SELECT count(*) FROM snapshot"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM outcome"), 1);
  hear("a", entries::running("a", "88%"));
  hear("a", entries::running("a", "66%"));
  EXPECT_EQ(text("SELECT group_concat(snapshot_id || ' ' || progress, ', ') FROM v_snapshot"),
            "1 30%, 2 88%, 3 66%");
}

TEST_F(TaskStoreTest, AnEntryThatCannotBeRecordedAffectsNoOther) {
  struct Case {
    const char* name;
    const char* trouble;  // a trigger that refuses a change of task 2
    const char* snapshots;
  };
  for (const Case& one : {Case{"its end", "BEFORE UPDATE OF final_snapshot ON task WHEN NEW.id = 2",
                               "a 200 0 SUCCESS|b 200 6 (nothing taken)|c 200 0 SUCCESS"},
                          Case{"its answer", "BEFORE INSERT ON snapshot WHEN NEW.task = 2",
                               "a 200 0 SUCCESS|c 200 0 SUCCESS"}}) {
    SCOPED_TRACE(one.name);
    start_anew();
    import({"a", "b", "c"});
    const auto other = storage::open_for_writing(path_);
    other->exec(std::string("CREATE TRIGGER trouble ") + one.trouble +
                " BEGIN SELECT RAISE(ABORT, 'not this one'); END");
    std::vector<core::Entry> batch;
    for (const char* id : {"a", "b", "c"}) {
      batch.emplace_back(answer(id, entries::success(id)));
    }
    const std::vector<core::Unrecorded> unrecorded = store_->write(batch);
    ASSERT_EQ(unrecorded.size(), 1U);
    EXPECT_EQ(unrecorded[0].task_id, "b");
    EXPECT_NE(unrecorded[0].why.find("not this one"), std::string::npos);
    EXPECT_TRUE(std::holds_alternative<core::AnswerEntry>(unrecorded[0].entry));
    EXPECT_EQ(text("SELECT group_concat(state, ' ') FROM v_task"),
              "succeeded unfinished succeeded");
    EXPECT_EQ(text("SELECT group_concat(s.task_id || ' ' || s.http_status || ' ' || "
                   "iif(code = 'success', 0, 6) || ' ' || iif(code = 'success', status, code), "
                   "'|') FROM v_snapshot AS s"),
              one.snapshots);
    EXPECT_EQ(asked(), "") << "the run asks none of them again";
    EXPECT_EQ(storage::check_ledger(path_, "1.0"), std::vector<std::string>{});
    other->exec("DROP TRIGGER trouble");
    begin_run();
    import({"b"});
    EXPECT_EQ(asked(), "b");
    hear("b", entries::success("b"));
    EXPECT_EQ(text("SELECT state FROM v_task WHERE task_id = 'b'"), "succeeded");
  }
}

TEST_F(TaskStoreTest, AVideoThatCannotBeRecordedStaysWanted) {
  import({"a"});
  hear("a", entries::success("a"));
  const auto other = storage::open_for_writing(path_);
  other->exec(
      "CREATE TRIGGER trouble BEFORE UPDATE OF path ON video WHEN NEW.path IS NOT NULL "
      "BEGIN SELECT RAISE(ABORT, 'not this one'); END");
  core::Entry entry = saved(1, "/v/a.mp4");
  const auto unrecorded = store_->write({&entry, 1});
  ASSERT_EQ(unrecorded.size(), 1U);
  EXPECT_EQ(unrecorded[0].task_id, "a");
  EXPECT_TRUE(std::holds_alternative<core::VideoEntry>(unrecorded[0].entry));
  EXPECT_EQ(text("SELECT state || ' ' || attempts || ' ' || last_error FROM v_video"),
            "wanted 1 could not be recorded: not this one");
  other->exec("DROP TRIGGER trouble");
}

// An exception that is not SQLite's, in the middle of a statement.
TEST_F(TaskStoreTest, AnUnexpectedExceptionAffectsOnlyItsEntry) {
  import({"a", "b"});
  hear("a", entries::success("a"));
  write(not_saved(1, VideoState::expired));
  const auto other = storage::open_for_writing(path_);
  // So that it cannot be decided whether the link is fresh.
  other->exec("UPDATE task SET task_id = '' WHERE id = 1");
  std::vector<core::Entry> batch{
      answered({.task = 1, .id = "a", .body = entries::success("a", "1780371305", "9")}),
      answered({.task = 2, .id = "b", .body = entries::success("b")})};
  for (int twice = 0; twice < 2; ++twice) {
    std::vector<core::Entry> again = batch;
    EXPECT_EQ(store_->write(again).size(), 1U);
    EXPECT_EQ(text("SELECT state FROM v_task WHERE task_id = 'b'"), "succeeded");
  }
  other->exec("UPDATE task SET task_id = 'a' WHERE id = 1");
}

TEST_F(TaskStoreTest, SnapshotsAreNeverChangedOrDeleted) {
  import({"a"});
  hear("a", entries::running("a"));
  const auto writer = storage::open_for_writing(path_);
  EXPECT_THROW(writer->exec("DELETE FROM snapshot"), SQLite::Exception);
  EXPECT_THROW(writer->exec("UPDATE snapshot SET observed_at = 0"), SQLite::Exception);
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

TEST_F(TaskStoreTest, VideosKeepTheirResults) {
  import({"a"});
  hear("a", entries::success("a"));
  write(entries::not_saved(1, VideoState::wanted));
  EXPECT_EQ(text("SELECT state || attempts || last_error FROM v_video"), "wanted1HTTP 403");
  write(saved(1, "/v/a.mp4"));
  EXPECT_EQ(text("SELECT state || attempts || ifnull(last_error, '-') || path || bytes || sha256 "
                 "FROM v_video"),
            "done2-/v/a.mp41000" + std::string(64, 'a'));
  EXPECT_EQ(text("SELECT checks || saved_at FROM video"), "length boxes1780286400000");
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
    std::string bytes = support::read_file(path);
    bytes.replace(bytes.size() - 8192, 8, 8, '\x55');  // the header of an unused page
    entries::write_file(path, bytes);
    TaskStore store(path, clock, false);
    if (ended) {
      EXPECT_EQ(store.begin_run(start), 2);
    } else {
      EXPECT_THROW(store.begin_run(start), core::Error);
    }
  }
}

// A link is a secret; only the compressed raw answer contains it.
TEST_F(TaskStoreTest, NoTableContainsALink) {
  import({"a"});
  hear("a", entries::success("a"));
  store_.reset();
  EXPECT_EQ(support::read_file(path_).find("Signature=x"), std::string::npos);
}

}  // namespace
