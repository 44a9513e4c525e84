// A ledger with three tasks, one of each kind.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "storage/sqlite/database.h"
#include "storage/sqlite/sqlite_reader.h"
#include "storage/sqlite/task_store.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

class SmallLedgerTest : public testing::Test {
 protected:
  // One transaction, so one block: `old` is finished, the video of `lacking` is wanted, `open` is
  // unfinished.
  SmallLedgerTest() {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    const std::vector<std::string> ids{"lacking", "old", "open"};  // keys 1, 2, 3
    entries::import(store, ids);
    std::vector<core::Entry> batch{
        entries::answered({.task = 2, .id = "old", .body = entries::running("old")}),
        entries::answered({.task = 1, .id = "lacking", .body = entries::success("lacking")}),
        entries::answered({.task = 2, .id = "old", .body = entries::success("old")}),
        entries::answered({.task = 3, .id = "open", .body = entries::running("open")}),
        entries::saved(2, "/v/old.mp4")};
    store.write(batch);
  }
  std::vector<std::optional<std::string>> answers(const std::string& id) {
    std::vector<std::optional<std::string>> kept;
    const auto history = storage::SqliteReader(path_).task("default", entries::id(id));
    for (const core::SnapshotRecord& snapshot : history.value().snapshots) {
      kept.push_back(snapshot.answer);
    }
    return kept;
  }
  std::string text(const std::string& sql) {
    return storage::open_for_reading(path_)->execAndGet(sql).getString();
  }
  std::int64_t number(const std::string& sql) {
    return storage::open_for_reading(path_)->execAndGet(sql).getInt64();
  }
  /// Damages the ledger in a way that no run does.
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
