#include "storage/maintenance.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.h"
#include "storage/database.h"
#include "storage/history.h"
#include "storage/ledger_error.h"
#include "storage/task_store.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace {

using entries::answered;
using storage::check_ledger;
using storage::prune_ledger;

const core::UtcTime kLongAfter = entries::kNow + std::chrono::hours(1'000);

class MaintenanceTest : public testing::Test {
 protected:
  // One transaction, so one block: `old` finished, `lacking` wants its video, `open` goes on.
  MaintenanceTest() {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    const std::vector<std::string> ids{"lacking", "old", "open"};  // keys 1, 2, 3
    entries::import(store, ids);
    std::vector<core::Entry> batch{
        answered({.task = 2, .id = "old", .body = entries::running("old")}),
        answered({.task = 1, .id = "lacking", .body = entries::success("lacking")}),
        answered({.task = 2, .id = "old", .body = entries::success("old")}),
        answered({.task = 3, .id = "open", .body = entries::running("open")}),
        entries::saved(2, "/v/old.mp4")};
    store.write(batch);
  }
  std::vector<std::optional<std::string>> answers(const std::string& id) {
    std::vector<std::optional<std::string>> kept;
    const auto history = storage::History(path_).task("default", entries::id(id));
    for (const storage::SnapshotRecord& snapshot : history.value().snapshots) {
      kept.push_back(snapshot.answer);
    }
    return kept;
  }
  /// Damages the ledger as no run does.
  void tamper(const std::string& sql) {
    SQLite::Database database(path_, SQLite::OPEN_READWRITE);
    const std::string guard = "snapshot_is_fixed";
    const std::string made =
        database.execAndGet("SELECT sql FROM sqlite_schema WHERE name = '" + guard + "'")
            .getString();
    database.exec("DROP TRIGGER " + guard + ";" + sql + ";" + made);
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  support::ManualClock clock_;
};

using Answers = std::vector<std::optional<std::string>>;

TEST_F(MaintenanceTest, PruneDropsTheAnswersOfWhatIsFinishedAndKeepsTheRest) {
  const auto report = prune_ledger(path_, kLongAfter);
  EXPECT_EQ(report.tasks, 1U);
  EXPECT_EQ(report.answers, 2U);
  EXPECT_LT(report.bytes_after, report.bytes_before);
  EXPECT_EQ(answers("old"), (Answers{std::nullopt, std::nullopt}));
  EXPECT_EQ(answers("lacking"), Answers{entries::success("lacking")});
  EXPECT_EQ(answers("open"), Answers{entries::running("open")});
  EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
}

TEST_F(MaintenanceTest, PruneKeepsRowsHashesAndFacts) {
  const auto row = [this] {
    const auto database = storage::open_for_reading(path_);
    return database
        ->execAndGet(
            "SELECT (SELECT group_concat(snapshot_id || raw_sha256 || raw_bytes) FROM "
            "v_snapshot) || (SELECT group_concat(name || value) FROM v_usage) || "
            "(SELECT group_concat(task_id || state || queries) FROM v_task)")
        .getString();
  };
  const std::string before = row();
  static_cast<void>(prune_ledger(path_, kLongAfter));
  EXPECT_EQ(row(), before);
}

TEST_F(MaintenanceTest, PruneLeavesWhatFinishedLater) {
  const core::UtcTime finished{std::chrono::seconds(1'780'284'918)};
  EXPECT_EQ(prune_ledger(path_, finished).answers, 0U);
  EXPECT_EQ(prune_ledger(path_, finished + std::chrono::milliseconds(1)).answers, 2U);
  EXPECT_EQ(prune_ledger(path_, kLongAfter).answers, 0U) << "twice is once";
}

TEST_F(MaintenanceTest, AnAnswerThatComesAfterAPruneIsStoredAnew) {
  static_cast<void>(prune_ledger(path_, kLongAfter));
  storage::TaskStore store(path_, clock_, false);
  store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
  core::Entry entry = answered({.task = 2,
                                .id = "old",
                                .body = entries::success("old"),
                                .run = 2,
                                .before = {core::TaskState::succeeded, 0, 0}});
  store.write({&entry, 1});
  EXPECT_EQ(answers("old"), (Answers{std::nullopt, std::nullopt, entries::success("old")}));
  EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
  // The line of a report is that of the first one, and leads to these bytes.
  const std::int64_t first = storage::open_for_reading(path_)
                                 ->execAndGet("SELECT final_snapshot FROM task WHERE id = 2")
                                 .getInt64();
  const auto line = storage::History(path_).answer_of({.snapshot = first, .sha256_begin = ""});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->answer, entries::success("old"));
}

// Answers whose facts are the same, so that nothing but the order of the snapshots tells.
TEST_F(MaintenanceTest, TheRowNamesOneOfTheLastFinalAnswersThatSayTheSame) {
  {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    const core::Entry entry = answered({.task = 2,
                                        .id = "old",
                                        .body = entries::success("old", "1780371399"),
                                        .run = 2,
                                        .before = {core::TaskState::succeeded, 0, 0}});
    std::vector<core::Entry> twice{entry, entry};  // snapshots 5 and 6
    store.write(twice);
  }
  const auto faults_with = [this](const std::string& final_snapshot) {
    tamper("UPDATE task SET final_snapshot = " + final_snapshot + " WHERE id = 2");
    return check_ledger(path_, "1").size();
  };
  EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
  EXPECT_EQ(faults_with("6"), 0U) << "as earlier versions named it";
  EXPECT_EQ(faults_with("5"), 0U);
  EXPECT_GT(faults_with("3"), 0U) << "the answer before";
  EXPECT_GT(faults_with("NULL"), 0U);
}

TEST_F(MaintenanceTest, CheckFindsWhatDoesNotFit) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a state that no answer gave", "UPDATE task SET state = 2 WHERE id = 3"},
      {"a query too many", "UPDATE task SET queries = queries + 1 WHERE id = 1"},
      {"another final snapshot", "UPDATE task SET final_snapshot = 1 WHERE id = 2"},
      {"a final answer that is none", "UPDATE task SET final_snapshot = 4 WHERE id = 3"},
      {"a hash that is another's",
       "UPDATE snapshot SET raw_sha256 = zeroblob(32) WHERE id = "
       "4"},
      {"a gap in the numbers",
       "PRAGMA foreign_keys = OFF; "
       "UPDATE snapshot SET id = 9 WHERE id = 4; "
       "UPDATE task SET last_snapshot = 9, status_snapshot = 9 WHERE id = 3"},
      {"a missing block", "PRAGMA foreign_keys = OFF; DELETE FROM answer_block"},
      {"a slot that is not there", "UPDATE snapshot SET slot = 70 WHERE id = 4"},
      {"a charge that no answer named", "UPDATE task SET quota = '9' WHERE id = 2"},
      {"another count", "UPDATE task SET duration_seconds = '80' WHERE id = 2"},
      {"another end", "UPDATE task SET finish_time = finish_time + 1 WHERE id = 2"},
      {"usage that no answer named",
       "UPDATE snapshot SET usage_values = "
       "replace(usage_values, '8', '9') WHERE id = 3"},
      {"another status word", "UPDATE outcome SET status = 'FAILURE' WHERE verdict = 1"},
      {"a status of another time", "UPDATE task SET status_snapshot = 1 WHERE id = 2"},
      {"another last query", "UPDATE task SET last_query = last_query + 1 WHERE id = 2"},
      {"an index that is gone", "DROP INDEX snapshot_by_task"},
      {"an answer that may be deleted", "DROP TRIGGER snapshot_is_kept"},
      {"a view that tells something else",
       "DROP VIEW v_daily; CREATE VIEW v_daily AS SELECT 1 AS day"},
      {"a damaged block", "UPDATE answer_block SET content = zeroblob(50)"},
      {"a row nobody has", "PRAGMA foreign_keys = OFF; UPDATE video SET task = 99 WHERE task = 1"}};
  const std::string whole = support::read_file(path_);
  for (const auto& [name, sql] : cases) {
    SCOPED_TRACE(name);
    entries::write_file(path_, whole);
    ASSERT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
    tamper(sql);
    EXPECT_NE(check_ledger(path_, "1"), std::vector<std::string>{});
  }
}

TEST_F(MaintenanceTest, WhatAnotherVersionOrAPersonDidIsNoFault) {
  tamper("UPDATE task SET quota = '9' WHERE id = 2");
  EXPECT_NE(check_ledger(path_, "1"), std::vector<std::string>{});
  EXPECT_EQ(check_ledger(path_, "2"), std::vector<std::string>{});
  tamper("CREATE VIEW somebodys_own AS SELECT 1");
  EXPECT_EQ(check_ledger(path_, "2"), std::vector<std::string>{});
}

TEST_F(MaintenanceTest, WithoutALedgerThereIsNothingToLookAfter) {
  const std::string none = folder_.path("none.db");
  EXPECT_THROW(static_cast<void>(check_ledger(none, "1")), storage::LedgerUnreadable);
  EXPECT_THROW(static_cast<void>(prune_ledger(none, kLongAfter)), storage::LedgerUnreadable);
  EXPECT_THROW(static_cast<void>(storage::migrate_ledger(none, entries::kNow, true)),
               storage::LedgerUnreadable);
  EXPECT_THROW(storage::back_up_ledger(none, folder_.path("copy.db")), storage::LedgerUnreadable);
  EXPECT_FALSE(std::filesystem::exists(none));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("copy.db")));
}

TEST_F(MaintenanceTest, ABackupHoldsEverything) {
  const std::string copy = folder_.path("copy.db");
  storage::back_up_ledger(path_, copy);
  EXPECT_THROW(storage::back_up_ledger(path_, copy), core::UsageError);
  EXPECT_EQ(check_ledger(copy, "1"), std::vector<std::string>{});
  const auto before = storage::History(path_).totals(entries::kNow);
  const auto after = storage::History(copy).totals(entries::kNow);
  EXPECT_EQ(after.tasks, 3U);
  EXPECT_EQ(after.succeeded, before.succeeded);
  EXPECT_EQ(after.videos_done, 1U);
  EXPECT_EQ(after.videos_wanted, 1U);
}

TEST_F(MaintenanceTest, HistoryTellsWhatWouldBeAsked) {
  storage::History history(path_);
  const auto there = [](const std::string&, std::int64_t) { return true; };
  const auto gone = [](const std::string&, std::int64_t) { return false; };
  EXPECT_TRUE(history.would_ask("default", entries::id("open"), there));
  EXPECT_TRUE(history.would_ask("default", entries::id("never seen"), there));
  EXPECT_TRUE(history.would_ask("other", entries::id("old"), there));
  EXPECT_FALSE(history.would_ask("default", entries::id("old"), there));
  EXPECT_TRUE(history.would_ask("default", entries::id("old"), gone));
  EXPECT_FALSE(history.task("default", entries::id("never seen")));
}

}  // namespace
