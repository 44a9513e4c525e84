// What a mistaken import leaves, on every back end that --db can name.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "storage/postgres/ledger_url.h"
#include "storage/postgres/server_upkeep.h"
#include "storage/sqlite/forgetting.h"
#include "tests/storage/runs.h"

namespace {

class ForgetImport : public testing::TestWithParam<support::BackEndMaker> {
 protected:
  void run_with(const std::vector<std::string>& ids) {
    runs_.clock().advance(std::chrono::hours(1));
    runs_.run_with(ids);
  }
  std::optional<storage::ForgetReport> forget(std::int64_t run) {
    runs_.end();
    const std::string ledger = runs_.back_end().ledger();
    return storage::is_postgres_url(ledger)
               ? storage::forget_import(storage::LedgerUrl(ledger), run, runs_.now())
               : storage::forget_import(ledger, run, runs_.now());
  }

  runs::Runs runs_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(All, ForgetImport, testing::ValuesIn(runs::stored_back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(ForgetImport, ForgetsWhatTheRunSawFirstAndNobodyAnswered) {
  run_with({"first", "heard"});
  runs_.hear("heard", entries::success("heard"));
  runs_.end();
  run_with({"first", "second"});
  EXPECT_FALSE(forget(9)) << "there was no such run";
  const auto second = forget(2);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->forgotten, 1U);
  EXPECT_EQ(second->answered, 0U);
  const auto first = forget(1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->forgotten, 1U);
  EXPECT_EQ(first->answered, 1U);
  EXPECT_EQ(runs_.pending(), "");
}

}  // namespace
