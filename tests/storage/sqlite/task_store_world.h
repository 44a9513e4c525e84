// A ledger of SQLite as runs write it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/domain/lifecycle.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/task_store.h"
#include "storage/statements/standing_columns.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace task_store_world {

namespace fs = std::filesystem;
using core::ImportRules;
using core::RunTotals;
using core::VideoState;
using entries::answered;
using entries::not_saved;
using entries::saved;
using storage::TaskStore;

inline const ImportRules kOnDisk{.on_disk = [](const std::string&, std::int64_t) { return true; }};

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

}  // namespace task_store_world
