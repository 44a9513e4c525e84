#include "storage/sqlite/rejection_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/storage/small_ledger.h"

namespace {

class RejectionMemoryTest : public SmallLedgerTest {
 protected:
  // Which of the marks an earlier run had; all are kept.
  std::vector<bool> run(const std::string& source, const std::vector<std::uint64_t>& marks,
                        bool complete = true) {
    storage::RejectionMemory memory(path_);
    std::vector<bool> told;
    for (const std::uint64_t mark : marks) {
      told.push_back(memory.add(source, mark));
    }
    memory.keep({source}, 1, complete);
    return told;
  }
  std::int64_t rows() {
    return SQLite::Database(path_).execAndGet("SELECT count(*) FROM told_rejection").getInt64();
  }
};

using Told = std::vector<bool>;

TEST_F(RejectionMemoryTest, KnowsTheRowsOfThePreviousRunBySource) {
  EXPECT_EQ(run("a", {1, ~0ULL, 1}), (Told{false, false, false}));
  EXPECT_EQ(run("b", {1}), Told{false});
  EXPECT_EQ(run("a", {1, 2, ~0ULL}), (Told{true, false, true}));
  EXPECT_EQ(run("a", {2}), Told{true});
  EXPECT_EQ(run("a", {1}), Told{false}) << "the run before met it no more";
  EXPECT_EQ(run("a", {3}, false), Told{false});
  EXPECT_EQ(run("a", {1, 3}), (Told{true, true})) << "a list that was cut takes nothing back";
  EXPECT_EQ(run("a", {}), Told{});
  EXPECT_EQ(rows(), 1) << "of `b`";
}

TEST_F(RejectionMemoryTest, IsBounded) {
  std::vector<std::uint64_t> many(storage::RejectionMemory::kRowsOfSourceMax + 5);
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i] = i;
  }
  EXPECT_EQ(run("a", many).back(), false);
  EXPECT_EQ(rows(), static_cast<std::int64_t>(storage::RejectionMemory::kRowsOfSourceMax));
  const Told again = run("a", many);
  EXPECT_TRUE(again.front());
  EXPECT_FALSE(again.back());
}

}  // namespace
