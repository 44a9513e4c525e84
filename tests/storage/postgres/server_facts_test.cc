#include "storage/postgres/server_facts.h"

#include <gtest/gtest.h>

#include "storage/postgres/server_error.h"
#include "tests/support/postgres_server.h"

namespace {

TEST(PostgresFacts, AnOwnerOfALedgerMayDoAll) {
  if (!support::postgres_missing().empty()) {
    GTEST_SKIP() << support::postgres_missing();
  }
  const support::LentLedger lent;
  const storage::ServerFacts facts = storage::server_facts(storage::LedgerUrl(lent.url()));
  EXPECT_GE(std::stoi(facts.version), 15);
  EXPECT_NE(facts.role, "");
  EXPECT_FALSE(facts.pooled);
  EXPECT_TRUE(facts.may_read && facts.may_run && facts.may_close && facts.may_change_history);
  EXPECT_LT(std::chrono::abs(facts.ahead_of_us), std::chrono::seconds(60)) << "the same machine";
}

}  // namespace
