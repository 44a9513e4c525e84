#include "storage/sqlite/sqlite_ledger.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/database.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace {

using entries::answered;
using storage::SqliteLedger;
using storage::TaskStore;

constexpr int kTasks = 100;

// In the order of the keys, because an import is sorted.
std::string name(core::TaskKey key) { return "task" + std::to_string(1'000 + key); }

// A run with kTasks tasks whose keys are 1 to kTasks.
std::unique_ptr<TaskStore> open_store(const std::string& path, const core::Clock& clock) {
  auto store = std::make_unique<TaskStore>(path, clock, false);
  store->begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = {"default"}});
  std::vector<core::WantedTask> tasks;
  for (core::TaskKey key = 1; key <= kTasks; ++key) {
    tasks.push_back({.id = entries::id(name(key)),
                     .model = "input-model",
                     .labels = {{"project", "x"}, {"b", "y"}}});
  }
  entries::import(*store, tasks);
  return store;
}

core::AnswerEntry running(core::TaskKey key, const std::string& progress) {
  return answered({.task = key, .id = name(key), .body = entries::running(name(key), progress)});
}

class SqliteLedgerTest : public testing::Test {
 protected:
  std::int64_t number(const std::string& sql) {
    return storage::open_for_reading(path_)->execAndGet(sql).getInt64();
  }
  // While this exists no commit succeeds: another writer, which the lock would normally prevent.
  std::unique_ptr<SQLite::Database> hold_up() {
    auto other = storage::open_for_writing(path_);
    other->exec("BEGIN IMMEDIATE");
    return other;
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  support::ManualClock clock_;
  std::unique_ptr<TaskStore> store_ = open_store(path_, clock_);
  std::atomic<int> wakes_ = 0;
  std::unique_ptr<SqliteLedger> ledger_ =
      std::make_unique<SqliteLedger>(*store_, [this] { ++wakes_; });
};

TEST_F(SqliteLedgerTest, QueuedEntriesAreCommittedAtOnce) {
  auto other = hold_up();
  for (int i = 0; i < 1'000; ++i) {
    ledger_->append(running(1 + i % kTasks, std::to_string(i)));
  }
  EXPECT_EQ(ledger_->committed(), 0U);
  EXPECT_EQ(wakes_, 0);
  other->exec("ROLLBACK");
  ledger_->flush();
  EXPECT_EQ(ledger_->committed(), 1'000U);
  EXPECT_LE(wakes_, 2) << "one commit for what the writer held, one for all the rest";
  EXPECT_EQ(number("SELECT count(*) FROM snapshot"), 1'000);
}

TEST_F(SqliteLedgerTest, TheQueueIsBoundedInBytes) {
  auto other = hold_up();
  int appended = 0;
  while (ledger_->has_room(1)) {
    core::AnswerEntry entry = running(1, std::to_string(appended));
    entry.body += std::string(1024 * 1024, ' ');
    ledger_->append(std::move(entry));
    ASSERT_LE(++appended, 4);
  }
  EXPECT_EQ(appended, 4);
  other->exec("ROLLBACK");
  ledger_->flush();
  EXPECT_TRUE(ledger_->has_room(1));
}

TEST_F(SqliteLedgerTest, TheQueueIsBoundedInEntries) {
  auto other = hold_up();
  for (std::size_t i = 0; i < storage::EntryQueue::kEntriesMax; ++i) {
    EXPECT_TRUE(ledger_->has_room(1));
    ledger_->append(core::SettleEntry{1});
  }
  EXPECT_FALSE(ledger_->has_room(1));
  other->exec("ROLLBACK");
  ledger_->flush();
  EXPECT_TRUE(ledger_->has_room(storage::EntryQueue::kEntriesMax));
}

TEST_F(SqliteLedgerTest, ABrokenLedgerThrowsFromEverything) {
  ledger_->append(running(1, "1%"));
  ledger_->flush();
  storage::open_for_writing(path_)->exec("ALTER TABLE task RENAME TO gone");
  ledger_->append(running(1, "2%"));
  EXPECT_THROW(ledger_->flush(), core::Error);
  EXPECT_THROW(ledger_->flush(), core::Error);
  EXPECT_THROW(ledger_->append(running(1, "3%")), core::Error);
  EXPECT_THROW(static_cast<void>(ledger_->committed()), core::Error);
  EXPECT_THROW(static_cast<void>(ledger_->has_room(1)), core::Error);
  EXPECT_THROW(ledger_->ask_for_tasks(0, 1), core::Error);
  EXPECT_THROW(static_cast<void>(ledger_->take_tasks()), core::Error);
  EXPECT_THROW(ledger_->ask_for_videos(1), core::Error);
  EXPECT_THROW(static_cast<void>(ledger_->take_videos()), core::Error);
  EXPECT_EQ(wakes_, 2) << "the engine must hear of it";
  ledger_.reset();
  EXPECT_EQ(number("SELECT count(*) FROM snapshot"), 1);
}

TEST_F(SqliteLedgerTest, ItsEndWritesTheQueue) {
  for (int i = 0; i < 10; ++i) {
    ledger_->append(running(1, std::to_string(i)));
  }
  ledger_.reset();
  EXPECT_EQ(number("SELECT count(*) FROM snapshot"), 10);
}

TEST_F(SqliteLedgerTest, NobodyIsWokenAfterAStop) {
  auto other = hold_up();
  ledger_->append(running(1, "1%"));
  std::thread stopper([this] { ledger_->stop(); });
  other->exec("ROLLBACK");
  stopper.join();
  const int before = wakes_;
  ledger_.reset();
  EXPECT_EQ(wakes_, before);
  EXPECT_EQ(number("SELECT count(*) FROM snapshot"), 1);
}

TEST_F(SqliteLedgerTest, StartAndStopUnderLoad) {
  for (int round = 0; round < 50; ++round) {
    ledger_ = std::make_unique<SqliteLedger>(*store_, [this] { ++wakes_; });
    for (int i = 0; i < round; ++i) {
      ledger_->append(running(1, std::to_string(i)));
    }
    if (round % 2 == 0) {
      ledger_->flush();
    }
    ledger_.reset();
  }
  EXPECT_EQ(number("SELECT count(*) FROM snapshot"), 50 * 49 / 2);
}

TEST_F(SqliteLedgerTest, AThreadThatWaitsForAPageIsWokenWhenItArrives) {
  const int before = wakes_;
  ledger_->ask_for_tasks(0, 3);
  for (int page = 0; page < 90; ++page) {  // while nothing is appended
    ledger_->flush();
    EXPECT_EQ(ledger_->take_tasks().value().size(), 3U);
    EXPECT_FALSE(ledger_->take_tasks()) << "once";
    EXPECT_EQ(wakes_, before + page + 1);
    ledger_->ask_for_tasks(page, 3);
  }
}

TEST_F(SqliteLedgerTest, APageThatCannotBeReadBreaksTheLedger) {
  const auto other = storage::open_for_writing(path_);
  other->exec("UPDATE task SET task_id = '' WHERE id = 1");
  ledger_->ask_for_tasks(0, 3);
  EXPECT_THROW(ledger_->flush(), core::Error);
  EXPECT_THROW(static_cast<void>(ledger_->take_tasks()), core::Error);
  EXPECT_EQ(wakes_, 1) << "the engine must hear of it";
}

// A video has the link of its latest answer, whether that was written a moment ago or long before.
TEST_F(SqliteLedgerTest, ALinkReadFromItsAnswerEqualsTheOneJustWritten) {
  for (const char* expires : {"1780371305", "1780999999"}) {
    ledger_->append(
        answered({.task = 1, .id = name(1), .body = entries::success(name(1), expires)}));
    ledger_->flush();
    const core::VideoLink recent = entries::videos(*ledger_).at(0).link;
    EXPECT_TRUE(store_->recent_links().find(1, 1, number("SELECT max(id) FROM snapshot")));
    store_->recent_links().clear();
    EXPECT_EQ(entries::videos(*ledger_).at(0).link, recent);
    EXPECT_NE(recent.url.find(expires), std::string::npos);
  }
  ledger_->append(entries::saved(1, "/videos/a.mp4"));
  ledger_->flush();
  EXPECT_FALSE(store_->recent_links().find(1, 1, number("SELECT max(id) FROM snapshot")));
}

TEST_F(SqliteLedgerTest, AWantedVideoHasEverythingThatItsFileNameNeeds) {
  ledger_->append(answered({.task = 1, .id = name(1), .body = entries::success(name(1))}));
  ledger_->append(entries::saved(1, "/videos/old.mp4"));
  ledger_->flush();
  ledger_.reset();
  store_->begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
  entries::import(*store_, std::vector{name(1)},
                  {.on_disk = [](const std::string&, std::int64_t) { return false; }});
  ledger_ = std::make_unique<SqliteLedger>(*store_, [] {});
  const auto videos = entries::videos(*ledger_);
  ASSERT_EQ(videos.size(), 1U);
  EXPECT_EQ(videos[0].path, "/videos/old.mp4");
  EXPECT_EQ(videos[0].model, "input-model");
  EXPECT_EQ(videos[0].status, "SUCCESS");
  EXPECT_EQ(videos[0].finish_time, core::UtcTime(std::chrono::seconds(1'780'284'918)));
  EXPECT_EQ(videos[0].labels, (core::Labels{{"project", "x"}, {"b", "y"}}));
  EXPECT_EQ(videos[0].attempts, 1);
}

TEST_F(SqliteLedgerTest, ClaimedPathsAreKnownOnEveryThread) {
  ledger_->append(answered({.task = 1, .id = name(1), .body = entries::success(name(1))}));
  ledger_->append(entries::saved(1, "/videos/a.mp4"));
  ledger_->flush();
  std::vector<std::thread> publishers;
  for (int i = 0; i < 4; ++i) {
    publishers.emplace_back([this] {
      for (int look = 0; look < 100; ++look) {
        EXPECT_TRUE(ledger_->claimed("/videos/a.mp4"));
        EXPECT_FALSE(ledger_->claimed("/videos/b.mp4"));
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    ledger_->append(running(2, std::to_string(i)));
  }
  ledger_->flush();
  for (std::thread& publisher : publishers) {
    publisher.join();
  }
}

TEST_F(SqliteLedgerTest, ReadingLeavesNoTransactionOpen) {
  ledger_->append(answered({.task = 1, .id = name(1), .body = entries::success(name(1))}));
  ledger_->flush();
  EXPECT_EQ(entries::tasks(*ledger_, 0, 3).size(), 3U);
  EXPECT_EQ(entries::videos(*ledger_, 1).size(), 1U);
  EXPECT_FALSE(ledger_->claimed("/nowhere"));
  const auto other = storage::open_for_writing(path_);
  EXPECT_EQ(other->execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt(), 0) << "busy";
}

// A run in its own process, which writes through a pipe how much is acknowledged, until it is
// killed.
[[noreturn]] void run_until_killed(const std::string& path, int pipe) {
  support::ManualClock clock;
  const auto store = open_store(path, clock);
  SqliteLedger ledger(*store, [] {});
  for (std::uint64_t i = 0;; ++i) {
    while (!ledger.has_room(1)) {
    }
    ledger.append(running(static_cast<core::TaskKey>(1 + i % kTasks), std::to_string(i)));
    const core::Ticket acknowledged = ledger.committed();
    if (write(pipe, &acknowledged, sizeof acknowledged) != sizeof acknowledged) {
      _exit(1);
    }
  }
}

TEST(SqliteLedgerKilled, AcknowledgedEntriesExistExactlyOnce) {
  for (const core::Ticket enough : {1U, 50U, 500U, 2000U}) {
    SCOPED_TRACE(enough);
    const support::TempDir folder;
    const std::string path = folder.path("ledger.db");
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      run_until_killed(path, ends[1]);
    }
    close(ends[1]);
    core::Ticket acknowledged = 0;
    std::int64_t appended = 0;
    core::Ticket next = 0;
    bool killed = false;
    while (read(ends[0], &next, sizeof next) == sizeof next) {
      acknowledged = next;
      ++appended;
      if (acknowledged >= enough && !killed) {
        ASSERT_EQ(kill(child, SIGKILL), 0);
        killed = true;
      }
    }
    waitpid(child, nullptr, 0);
    close(ends[0]);
    ASSERT_TRUE(killed);
    EXPECT_EQ(storage::check_ledger(path, "1"), std::vector<std::string>{});
    const auto database = storage::open_for_reading(path);
    const std::int64_t kept = database->execAndGet("SELECT count(*) FROM snapshot").getInt64();
    EXPECT_GE(kept, static_cast<std::int64_t>(acknowledged));
    EXPECT_LE(kept, appended + 1) << "one may be written but not yet told of";
    EXPECT_EQ(database
                  ->execAndGet("SELECT count(*) FROM v_snapshot WHERE progress <> "
                               "CAST(snapshot_id - 1 AS TEXT)")
                  .getInt64(),
              0)
        << "in the order of their coming, none twice";
  }
}

}  // namespace
