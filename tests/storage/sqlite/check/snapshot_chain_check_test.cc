#include "storage/sqlite/check/snapshot_chain_check.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/maintenance.h"
#include "tests/storage/small_ledger.h"

namespace {

// Three commits: snapshots 1 to 4, 5, and 6.
class SnapshotChainTest : public SmallLedgerTest {
 protected:
  SnapshotChainTest() {
    for (const char* progress : {"5%", "6%"}) {
      storage::TaskStore store(path_, clock_, false);
      store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
      core::Entry again =
          entries::answered({.task = 3,
                             .id = "open",
                             .body = R"({"code":"success","data":{"task_id":"open",)"
                                     R"("status":"IN_PROGRESS","progress":")" +
                                     std::string(progress) + R"("}})"});
      store.write({&again, 1});
    }
    database_->exec(
        "DROP TRIGGER snapshot_is_fixed; DROP TRIGGER snapshot_link_is_fixed; "
        "DROP TRIGGER snapshot_link_is_kept; PRAGMA foreign_keys = OFF");
  }
  std::vector<std::string> findings() {
    storage::Findings found;
    storage::check_snapshot_chain(*database_, found);
    return found.take();
  }

  std::unique_ptr<SQLite::Database> database_ = storage::open_for_writing(path_);
};

std::string breaks_at(const std::string& snapshots) {
  return "chain of snapshots: it breaks at the commit of snapshots " + snapshots +
         ": they, its hash or the hash of the commit before are not those that were recorded";
}

TEST_F(SnapshotChainTest, EachCommitHasALink) {
  EXPECT_EQ(text("SELECT group_concat(last, ' ') FROM snapshot_link"), "4 5 6");
  EXPECT_EQ(findings(), std::vector<std::string>{});
  static_cast<void>(storage::prune_ledger(path_, core::UtcTime::max()));
  EXPECT_GT(number("SELECT count(*) FROM snapshot WHERE block IS NULL"), 0);
  EXPECT_EQ(findings(), std::vector<std::string>{}) << "the hash of a pruned answer stays";
}

TEST_F(SnapshotChainTest, TheFirstBreakIsNamed) {
  const std::vector<std::pair<const char*, std::string>> cases{
      {"UPDATE snapshot SET observed_at = observed_at + 1 WHERE id = 2", breaks_at("1 to 4")},
      {"UPDATE snapshot SET task = 1 WHERE id = 5", breaks_at("5 to 5")},
      {"UPDATE snapshot SET run = 1 WHERE id = 6", breaks_at("6 to 6")},
      {"UPDATE snapshot SET raw_sha256 = zeroblob(32) WHERE id = 5", breaks_at("5 to 5")},
      {"UPDATE snapshot SET raw_sha256 = zeroblob(31) WHERE id = 5", breaks_at("5 to 5")},
      {"UPDATE snapshot SET raw_bytes = 1 WHERE id >= 5", breaks_at("5 to 5")},
      {"UPDATE snapshot SET usage_values = '[]' WHERE id = 1", breaks_at("1 to 4")},
      {"UPDATE outcome SET http_status = 201", breaks_at("1 to 4")},
      {"UPDATE snapshot SET outcome = (SELECT outcome FROM snapshot WHERE id = 3) WHERE id = 6",
       breaks_at("6 to 6")},
      {"DELETE FROM snapshot_link WHERE last = 5", breaks_at("5 to 6")},
      {"DELETE FROM snapshot_link WHERE last = 6",
       "chain of snapshots: no hash covers the snapshots from 6 to 6"},
      {"DELETE FROM snapshot_link", "chain of snapshots: no hash covers the snapshots from 1 to 6"},
      {"UPDATE snapshot_link SET sha256 = zeroblob(32) WHERE last = 5", breaks_at("5 to 5")},
      {"UPDATE snapshot_link SET sha256 = x'00' WHERE last = 4", breaks_at("1 to 4")},
      {"INSERT INTO snapshot_link VALUES (9, zeroblob(32))", breaks_at("7 to 9")},
      {"INSERT INTO snapshot_link VALUES (0, zeroblob(32))", breaks_at("1 to 0")}};
  for (const auto& [sql, finding] : cases) {
    SCOPED_TRACE(sql);
    SQLite::Transaction undone(*database_);
    database_->exec(sql);
    EXPECT_EQ(findings(), std::vector<std::string>{finding});
  }
}

// As a ledger of an earlier version is after its upgrade.
TEST_F(SnapshotChainTest, SnapshotsFromBeforeHashesWereKeptAreNotCovered) {
  database_->exec(
      "DELETE FROM snapshot_link; INSERT INTO snapshot_link VALUES (6, zeroblob(32)); "
      "UPDATE migration SET applied_at = applied_at + 1 WHERE number >= 17; "
      "UPDATE snapshot SET observed_at = observed_at + 1 WHERE id = 2");
  EXPECT_EQ(findings(), std::vector<std::string>{});
  {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    core::Entry again =
        entries::answered({.task = 3, .id = "open", .body = entries::running("open")});
    store.write({&again, 1});
  }
  EXPECT_EQ(findings(), std::vector<std::string>{});
  database_->exec("UPDATE snapshot SET observed_at = observed_at + 1 WHERE id = 7");
  EXPECT_EQ(findings(), std::vector<std::string>{breaks_at("7 to 7")});
}

}  // namespace
