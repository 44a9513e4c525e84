// A ledger in which everything is damaged: each check ends at the same number of findings.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "storage/sqlite/check/findings.h"
#include "storage/sqlite/check/ledger_check.h"
#include "tests/storage/small_ledger.h"

namespace {

constexpr std::size_t kTasks = storage::Findings::kMax + 20;

class ManyFindings : public SmallLedgerTest {
 protected:
  // Each of so many tasks has succeeded, in one transaction.
  ManyFindings() {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < kTasks; ++i) {
      ids.push_back("many-" + std::to_string(1000 + i));  // imported in the order of their IDs
    }
    entries::import(store, ids);
    std::vector<core::Entry> batch;
    core::TaskKey key = 4;
    for (const std::string& id : ids) {
      batch.push_back(
          entries::answered({.task = key++, .id = id, .body = entries::success(id), .run = 2}));
    }
    store.write(batch);
  }
};

TEST(Findings, TakeNoMoreThanTheLimit) {
  storage::Findings findings;
  for (std::size_t i = 0; i <= storage::Findings::kMax; ++i) {
    EXPECT_EQ(findings.full(), i == storage::Findings::kMax);
    findings.add(std::to_string(i));
  }
  EXPECT_EQ(findings.take().back(), std::to_string(storage::Findings::kMax - 1));
  EXPECT_TRUE(findings.empty());
}

TEST_F(ManyFindings, AreCutAtALimit) {
  ASSERT_EQ(storage::check_ledger(path_, "1"), std::vector<std::string>{});
  const std::vector<std::pair<std::string, std::string>> cases{
      {"foreign keys", "PRAGMA foreign_keys = OFF; UPDATE video SET task = task + 1000000"},
      {"rows of tasks", "UPDATE task SET queries = queries + 1"},
      {"facts of answers", "UPDATE task SET quota = '9'"},
      {"labels", "UPDATE task SET labels = '{'"},
      {"IDs", "UPDATE task SET task_id = task_id || '/..'"},
      {"answers", "UPDATE snapshot SET raw_sha256 = zeroblob(32)"},
      {"numbers", "PRAGMA foreign_keys = OFF; UPDATE snapshot SET id = id + 1000 * id"},
      {"runs", "PRAGMA foreign_keys = OFF; UPDATE snapshot SET run = 10000 - id"},
  };
  const std::string intact = folder_.path("intact.db");
  SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("VACUUM INTO '" + intact + "'");
  for (const auto& [what, sql] : cases) {
    std::filesystem::copy_file(intact, path_, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    tamper(sql);
    EXPECT_EQ(storage::check_ledger(path_, "1").size(), storage::Findings::kMax) << what;
  }
}

TEST_F(ManyFindings, APageThatIsNoneIsFoundByTheQuickCheck) {
  EXPECT_EQ(storage::check_ledger_file(path_), std::vector<std::string>{});
  const std::int64_t page_bytes = number("PRAGMA page_size");
  const std::int64_t page =
      number("SELECT rootpage FROM sqlite_schema WHERE name = 'video_wanted'");
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * page_bytes);
  file << std::string(static_cast<std::size_t>(page_bytes), '\0');
  file.close();
  EXPECT_NE(storage::check_ledger_file(path_), std::vector<std::string>{});
}

}  // namespace
