// What a ledger records of answers and videos.
#include "storage/sqlite/task_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"
#include "tests/storage/sqlite/task_store_world.h"

namespace {

using namespace task_store_world;

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

TEST_F(TaskStoreTest, AnAnswerAfterAFirstOneInOneTransactionIsCompared) {
  import({"a", "b"});
  core::AnswerEntry first = answer("a", entries::running("a"));
  first.is_first = true;
  core::AnswerEntry other = answer("b", entries::running("b"));
  other.is_first = true;
  std::vector<core::Entry> batch{first, other, answer("a", entries::running("a"))};
  store_->write(batch);
  EXPECT_EQ(text("SELECT group_concat(block || '.' || slot, ' ') FROM snapshot"), "1.0 1.1 1.0");
  hear("a", entries::running("a"));
  EXPECT_EQ(text("SELECT block || '.' || slot FROM snapshot WHERE id = 4"), "1.0");
}

TEST_F(TaskStoreTest, ABatchSettlesItsOwnTasksAndNoOthers) {
  import({"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9"});
  std::vector<core::Entry> batch;
  for (const core::TaskKey key : {9, 2, 3, 1, 5, 9}) {  // t0 has the key 1
    batch.emplace_back(core::SettleEntry{key});
  }
  store_->write(batch);
  EXPECT_EQ(asked(), "t3 t5 t6 t7 t9");
  write(core::SettleEntry{4});
  EXPECT_EQ(asked(), "t5 t6 t7 t9");
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
  std::vector<core::Entry> batch{answer("a", entries::running("a", "66%")),
                                 answer("a", entries::running("a", "77%"))};
  const auto other = storage::open_for_writing(path_);
  const std::string guard = text("SELECT sql FROM sqlite_schema WHERE name = 'snapshot_is_kept'");
  other->exec(
      "INSERT INTO snapshot (id, task, run, observed_at, outcome, raw_bytes, raw_sha256) "
      "SELECT 3, task, run, observed_at, outcome, raw_bytes, raw_sha256 FROM snapshot");
  EXPECT_THROW(store_->write(batch), core::Error) << "another writer has taken a number";
  other->exec("DROP TRIGGER snapshot_is_kept");
  other->exec("DELETE FROM snapshot WHERE id = 3");
  other->exec(guard);
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

// The videos of first answers are written many at once; among the answers is one that comes again,
// and one whose task has a video against all expectation.
TEST_F(TaskStoreTest, VideosOfManyFirstAnswersAreWrittenAsOneByOne) {
  std::vector<std::string> ids;
  for (int i = 10; i < 40; ++i) {
    ids.push_back("t" + std::to_string(i));
  }
  import(ids);
  hear("t35", entries::success("t35", "1780371000"));
  write(saved(26, "/v/t35.mp4"));
  std::vector<core::Entry> batch;
  for (const std::string& id : ids) {
    core::AnswerEntry entry = answer(id, entries::success(id));
    entry.is_first = true;
    batch.emplace_back(entry);
    if (id == "t12") {
      batch.emplace_back(answer(id, entries::success(id, "1780371400")));
      batch.emplace_back(saved(3, "/v/t12.mp4"));
    }
  }
  store_->write(batch);
  EXPECT_EQ(number("SELECT count(*) FROM video"), 30);
  EXPECT_EQ(number("SELECT count(*) FROM video AS v JOIN snapshot AS s ON s.id = v.snapshot "
                   "WHERE s.task = v.task"),
            30);
  EXPECT_EQ(text("SELECT state || path || expires_at FROM video WHERE task = 3"),
            "1/v/t12.mp41780371400000");
  EXPECT_EQ(text("SELECT state || path || expires_at FROM video WHERE task = 26"),
            "1/v/t35.mp41780371000000");
  EXPECT_EQ(number("SELECT count(*) FROM video WHERE state = 0 AND expires_at = 1780371305000"),
            28);
}

// A link is a secret; only the compressed raw answer contains it.
TEST_F(TaskStoreTest, NoTableContainsALink) {
  import({"a"});
  hear("a", entries::success("a"));
  store_.reset();
  EXPECT_EQ(support::read_file(path_).find("Signature=x"), std::string::npos);
}

}  // namespace
