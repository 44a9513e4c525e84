// Replays the damages of the fuzz target for ledgers (tests/fuzz).
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/input_failures.h"
#include "tests/support/temp_dir.h"

namespace {

TEST(LedgerCorpus, HasNoDamageThatDoesMoreThanBeingRefused) {
  std::size_t read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA "/fuzz_ledgers")) {
    EXPECT_EQ(support::ledger_failure(support::read_file(entry.path().string())), "")
        << entry.path();
    ++read;
  }
  EXPECT_GT(read, 30U);
}

}  // namespace
