// A list that is imported by one thread while the ledger of the run writes answers on another.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/task_store.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace {

using entries::answered;
using storage::ImportTime;
using storage::TaskStore;

constexpr int kKnown = 100;
constexpr int kFirstBatch = 1024;

core::WantedTask task(const std::string& kind, int number) {
  return {.id = entries::id(kind + std::to_string(100'000 + number)), .model = {}, .labels = {}};
}

class ImportBesideTest : public testing::Test {
 protected:
  ImportBesideTest() {
    begin_run();
    std::vector<core::WantedTask> known;
    for (int number = 0; number < kKnown; ++number) {
      known.push_back(task("known", number));
    }
    entries::import(*store_, known);
    begin_run();
    ledger_ = store_->open_ledger([] {}, ImportTime::beside);
  }
  void begin_run() {
    store_->begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = {"default"}});
  }

  void add(const std::string& kind, int first, int count) {
    for (int number = first; number < first + count; ++number) {
      store_->add(task(kind, number), 0);
    }
  }
  // On a thread of its own, as in a run; what it throws comes out here.
  template <typename Work>
  void import(const Work& work) {
    std::async(std::launch::async, [&] {
      store_->begin_import({});
      work();
    }).get();
  }
  std::vector<core::TaskRecord> page(core::TaskKey after) {
    ledger_->ask_for_tasks(after, 100'000);
    ledger_->flush();
    return ledger_->take_tasks().value();
  }
  std::int64_t number(const std::string& sql) {
    return storage::open_for_reading(path_)->execAndGet(sql).getInt64();
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  support::ManualClock clock_;
  std::unique_ptr<TaskStore> store_ = std::make_unique<TaskStore>(path_, clock_, false);
  std::unique_ptr<storage::QueuedLedger> ledger_;
};

TEST_F(ImportBesideTest, TheFirstTasksAreOnAPageLongBeforeTheEnd) {
  EXPECT_EQ(ledger_->import_standing()->new_above, kKnown);
  import([&] { add("new", 0, kFirstBatch - 1);
});
EXPECT_EQ(ledger_->import_standing()->batches, 0U);
EXPECT_TRUE(page(0).empty());

  import([&] {
    add("new", 0, kFirstBatch);
  EXPECT_EQ(ledger_->import_standing()->batches, 1U);
  EXPECT_FALSE(ledger_->import_standing()->has_ended);
  }  // namespace
);
const auto first = page(0);
ASSERT_EQ(first.size(), std::size_t{kFirstBatch});
EXPECT_GT(first.front().key, kKnown);

  import([&] {
    (void)store_->end_import();
  ledger_->end_import();
  });
  ledger_->await_import();
  EXPECT_TRUE(ledger_->import_standing()->has_ended);
  }

  // Batches of two sizes are imported in several transactions, with answers between them.
  TEST_F(ImportBesideTest, ItAddsWhatAnImportBeforeTheRunAdds) {
    constexpr int kNew = 30'000;
    core::ImportOutcome outcome;
    std::thread importing([&] {
      store_->begin_import({});
      add("known", 0, kKnown / 2);
      add("new", 0, kNew);
      add("new", 7, 5000);
      add("known", 0, kKnown / 2);
      outcome = store_->end_import();
      ledger_->end_import();
    });
    core::TaskKey cursor = kKnown;
    std::uint64_t answers = 0;
    for (bool more = true; more;) {
      more = !ledger_->import_standing()->has_ended;
      for (const core::TaskRecord& one : page(cursor)) {
        cursor = one.key;
        ledger_->append(answered(
            {.task = one.key, .id = one.id.text(), .body = entries::failure(one.id.text())}));
        ++answers;
        if (!ledger_->has_room(1)) {
          ledger_->flush();
        }
      }
    }
    importing.join();
    ledger_.reset();
    EXPECT_EQ(answers, std::uint64_t{kNew});
    EXPECT_EQ(outcome.duplicates, 5000U + kKnown / 2);
    EXPECT_EQ(number("SELECT count(*) FROM task"), kNew + kKnown);
    EXPECT_EQ(number("SELECT count(*) FROM work"), kNew + kKnown / 2);
    EXPECT_EQ(number("SELECT count(*) FROM work WHERE settled = 0"), kKnown / 2);
    EXPECT_EQ(number("SELECT count(DISTINCT task) FROM snapshot"), kNew);
  }

  TEST_F(ImportBesideTest, TheTotalsAreThoseOfTheWholeRun) {
    std::uint64_t tasks = 0;
    std::uint64_t videos = 0;
  import([&] { add("new", 0, kFirstBatch);
  });
  core::TaskKey key = kKnown;
  for (int i = 0; i < 3; ++i) {
    const core::TaskRecord one = page(key).front();
    key = one.key;
    ledger_->append(
        answered({.task = key, .id = one.id.text(), .body = entries::success(one.id.text())}));
    ledger_->append(core::SettleEntry{key});
  }
  ledger_->flush();
  import([&] {
    add("new", kFirstBatch, 6);
  (void)store_->end_import();
  tasks = store_->tasks_to_ask();
  videos = store_->videos_to_fetch();
  ledger_->end_import();
  });
  EXPECT_EQ(tasks, std::uint64_t{kFirstBatch + 6});
  EXPECT_EQ(videos, 0U) << "those of this run's answers count as found by it";
  ledger_.reset();
  EXPECT_EQ(store_->videos_to_fetch(), 3U);
  begin_run();
  EXPECT_EQ(store_->tasks_to_ask(), 0U);
  }

  TEST_F(ImportBesideTest, AFailedBatchBreaksTheLedger) {
    storage::open_for_writing(path_)->exec("ALTER TABLE task RENAME TO gone");
    EXPECT_THROW(import([&] { add("new", 0, kFirstBatch); }), core::Error);
    EXPECT_THROW(static_cast<void>(ledger_->committed()), core::Error);
    EXPECT_THROW(import([&] { add("new", 0, kFirstBatch); }), core::Error)
        << "nor is it tried again";
  }

  TEST_F(ImportBesideTest, AStoppedLedgerEndsTheImport) {
    ledger_->stop();
    EXPECT_THROW(import([&] { add("new", 0, kFirstBatch); }), core::Stopped);
    ledger_->end_import();
    ledger_.reset();
    EXPECT_EQ(number("SELECT count(*) FROM work"), 0);
  }

  TEST_F(ImportBesideTest, AfterTheRunTheStoreWorksAsBefore) {
  import([&] {
    (void)store_->end_import();
  ledger_->end_import();
  });
  ledger_.reset();
  begin_run();
  store_->begin_import({});
  add("new", 0, 10);
  EXPECT_EQ(store_->end_import().duplicates, 0U);
  EXPECT_EQ(store_->tasks_to_ask(), 10U);
  }

  }  // namespace
