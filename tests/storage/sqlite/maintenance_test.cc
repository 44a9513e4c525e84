#include "storage/sqlite/maintenance.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.h"
#include "storage/ledger_error.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/sqlite_ledger.h"
#include "storage/sqlite/sqlite_reader.h"
#include "storage/sqlite/task_store.h"
#include "tests/storage/entries.h"
#include "tests/storage/small_ledger.h"

namespace {

using entries::answered;
using storage::check_ledger;
using storage::prune_ledger;

const core::UtcTime kLongAfter = entries::kNow + std::chrono::hours(1'000);

using MaintenanceTest = SmallLedgerTest;
using Answers = std::vector<std::optional<std::string>>;

TEST_F(MaintenanceTest, PruneDeletesTheAnswersOfFinishedTasksAndKeepsTheRest) {
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

TEST_F(MaintenanceTest, PruneKeepsTasksThatFinishedLater) {
  const core::UtcTime finished{std::chrono::seconds(1'780'284'918)};
  EXPECT_EQ(prune_ledger(path_, finished).answers, 0U);
  EXPECT_EQ(prune_ledger(path_, finished + std::chrono::milliseconds(1)).answers, 2U);
  EXPECT_EQ(prune_ledger(path_, kLongAfter).answers, 0U) << "twice is once";
}

TEST_F(MaintenanceTest, AVideoWhoseLinkWasPrunedWaitsUntilItsTaskIsQueried) {
  static_cast<void>(prune_ledger(path_, kLongAfter));
  core::SavedVideo old;
  old.task = 2;
  ASSERT_EQ(storage::SqliteReader(path_).want_again({old}, entries::kNow).missing, 1U);
  storage::TaskStore store(path_, clock_, false);
  store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
  store.add_pending(0);
  storage::SqliteLedger ledger(store, [] {});
  const auto videos = entries::videos(ledger);
  ASSERT_EQ(videos.size(), 1U);
  EXPECT_EQ(videos[0].id.text(), "lacking");
  EXPECT_EQ(entries::tasks(ledger, 1, 1).at(0).id.text(), "old");
}

TEST_F(MaintenanceTest, AnAnswerThatComesAfterAPruneIsStoredAnew) {
  static_cast<void>(prune_ledger(path_, kLongAfter));
  storage::TaskStore store(path_, clock_, false);
  store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
  core::Entry entry = answered({.task = 2,
                                .id = "old",
                                .body = entries::success("old"),
                                .run = 2,
                                .before = {core::TaskState::succeeded, {}}});
  store.write({&entry, 1});
  EXPECT_EQ(answers("old"), (Answers{std::nullopt, std::nullopt, entries::success("old")}));
  EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
  // A report line has the ID of the first one, and leads to these bytes.
  const std::int64_t first = storage::open_for_reading(path_)
                                 ->execAndGet("SELECT final_snapshot FROM task WHERE id = 2")
                                 .getInt64();
  const auto line = storage::SqliteReader(path_).answer_of(first, "");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->answer, entries::success("old"));
}

TEST_F(MaintenanceTest, MaintenanceRefusesAMissingLedger) {
  const std::string none = folder_.path("none.db");
  EXPECT_THROW(static_cast<void>(check_ledger(none, "1")), storage::LedgerUnreadable);
  EXPECT_THROW(static_cast<void>(prune_ledger(none, kLongAfter)), storage::LedgerUnreadable);
  EXPECT_THROW(static_cast<void>(storage::migrate_ledger(none, entries::kNow, true)),
               storage::LedgerUnreadable);
  EXPECT_THROW(storage::back_up_ledger(none, folder_.path("copy.db")), storage::LedgerUnreadable);
  EXPECT_FALSE(std::filesystem::exists(none));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("copy.db")));
}

TEST_F(MaintenanceTest, ABackupHasEverything) {
  const std::string copy = folder_.path("copy.db");
  storage::back_up_ledger(path_, copy);
  EXPECT_THROW(storage::back_up_ledger(path_, copy), core::UsageError);
  EXPECT_EQ(check_ledger(copy, "1"), std::vector<std::string>{});
  const auto before = storage::SqliteReader(path_).totals(entries::kNow);
  const auto after = storage::SqliteReader(copy).totals(entries::kNow);
  EXPECT_EQ(after.tasks, 3U);
  EXPECT_EQ(after.succeeded, before.succeeded);
  EXPECT_EQ(after.videos_done, 1U);
  EXPECT_EQ(after.videos_wanted, 1U);
}

TEST_F(MaintenanceTest, TheReaderKnowsWhatWouldBeQueried) {
  storage::SqliteReader history(path_);
  const core::ImportRules there{.on_disk = [](const std::string&, std::int64_t) { return true; }};
  const core::ImportRules gone{.on_disk = [](const std::string&, std::int64_t) { return false; }};
  const core::ImportRules no_files;
  EXPECT_TRUE(history.would_ask("default", "open", there));
  EXPECT_TRUE(history.would_ask("default", "never seen", there));
  EXPECT_TRUE(history.would_ask("other", "old", there));
  EXPECT_FALSE(history.would_ask("default", "old", there));
  EXPECT_TRUE(history.would_ask("default", "old", gone));
  EXPECT_FALSE(history.would_ask("default", "old", no_files));
  EXPECT_TRUE(history.would_ask("default", "open", no_files));
  EXPECT_FALSE(history.task("default", entries::id("never seen")));
}

}  // namespace
