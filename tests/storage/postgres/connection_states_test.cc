// Which refusals of a server end the connection, and statements that are larger than its buffers.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/postgres/connection.h"
#include "tests/support/postgres_server.h"

namespace {

using storage::Connection;
using storage::LedgerUrl;

class PostgresStates : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
    url_.emplace(support::make_postgres_database());
  }

  std::optional<LedgerUrl> url_;
};

TEST_F(PostgresStates, AServerThatGoesAwayEndsTheConnection) {
  const std::vector<std::pair<std::string, bool>> cases{
      {"08006", true},   // connection_failure
      {"57P01", true},   // admin_shutdown
      {"57P02", true},   // crash_shutdown
      {"57P03", true},   // cannot_connect_now
      {"25P03", true},   // idle_in_transaction_session_timeout
      {"57014", false},  // query_canceled
      {"22012", false},  // division_by_zero
  };
  for (const auto& [state, ends] : cases) {
    Connection connection(*url_);
    const std::string raise =
        "DO $$ BEGIN RAISE EXCEPTION 'gone' USING ERRCODE = '" + state + "'; END $$";
    try {
      connection.execute(raise);
      ADD_FAILURE() << state;
    } catch (const storage::ConnectionLost& lost) {
      EXPECT_TRUE(ends) << state;
      EXPECT_TRUE(connection.is_lost()) << state;
      EXPECT_NE(std::string(lost.what()).find(" broke: gone"), std::string::npos) << lost.what();
    } catch (const storage::ServerError& error) {
      EXPECT_FALSE(ends) << state;
      EXPECT_FALSE(connection.is_lost()) << state;
      EXPECT_EQ(error.state(), state);
    }
  }
}

// More than the kernel takes at once, while the server already answers.
TEST_F(PostgresStates, AStatementMayBeLargerThanTheBuffersOfTheSocket) {
  Connection connection(*url_);
  const std::string large(std::size_t{24} << 20U, 'x');
  storage::Rows rows = connection.query("SELECT $1", storage::Parameters().add_bytes(large));
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.blob(0).size(), large.size());
}

TEST_F(PostgresStates, ALostConnectionTakesNoStatementOfAnyKind) {
  Connection connection(Connection::Later{}, *url_, {});
  ASSERT_TRUE(connection.is_lost());
  EXPECT_THROW(connection.run_script("SELECT 1"), storage::ConnectionLost);
  EXPECT_THROW(connection.execute("SELECT 1"), storage::ConnectionLost);
  EXPECT_THROW(
      static_cast<void>(connection.query("SELECT 1", {}, {.fetch = Connection::Fetch::streaming})),
      storage::ConnectionLost);
}

}  // namespace
