#include "storage/postgres/connection.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "storage/postgres/server_transaction.h"
#include "tests/support/postgres_server.h"

namespace {

using storage::Column;
using storage::Connection;
using storage::LedgerUrl;
using storage::Parameters;
using storage::Rows;
using storage::ServerTransaction;

class PostgresConnection : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
    url_.emplace(support::make_postgres_database());
    connection_.emplace(*url_);
    connection_->run_script(
        "CREATE SCHEMA reeltally; CREATE TABLE reeltally.pair (a bigint, b text)");
  }
  Connection& connection() { return *connection_; }
  std::int64_t integer(const std::string& sql) {
    Rows rows = connection().query(sql);
    return rows.step() ? rows.integer(0) : -1;
  }

  std::optional<LedgerUrl> url_;
  std::optional<Connection> connection_;
};

TEST_F(PostgresConnection, ValuesAreReturnedAsTheyWereSent) {
  const std::string bytes("\0\x01\xff\\", 4);
  Parameters values;
  values.add(std::int64_t{-7}).add("ä'\\").add_bytes(bytes).add_or_null("").add_time(std::nullopt);
  Rows rows = connection().query(
      "SELECT $1, $2, $3, $4, $5, 3::smallint, -4::int, true, 9223372036854775807", values);
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), -7);
  EXPECT_EQ(rows.text(1), "ä'\\");
  EXPECT_EQ(rows.blob(2), bytes);
  EXPECT_TRUE(rows.is_null(3));
  EXPECT_FALSE(rows.time(4).has_value());
  EXPECT_EQ(rows.integer(5), 3);
  EXPECT_EQ(rows.integer(6), -4);
  EXPECT_EQ(rows.integer(7), 1);
  EXPECT_EQ(rows.integer(8), INT64_MAX);
  EXPECT_FALSE(rows.step());
}

TEST_F(PostgresConnection, AnyTypeCanBeReadAsText) {
  Rows rows = connection().query("SELECT 1.50::numeric AS amount, 7::bigint", {},
                                 {.format = Connection::Format::text});
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.name(0), "amount");
  EXPECT_EQ(rows.text(0), "1.50");
  EXPECT_EQ(rows.integer(1), 7);
}

TEST_F(PostgresConnection, ColumnsBecomeRows) {
  Column numbers(Column::Kind::integer);
  Column texts(Column::Kind::text);
  for (std::int64_t i = 0; i < 1000; ++i) {
    numbers.add(i);
    texts.add_or_null(i % 2 == 0 ? "" : "x" + std::to_string(i));
  }
  Column none(Column::Kind::bytes);
  EXPECT_EQ(connection().execute("INSERT INTO reeltally.pair SELECT * FROM unnest($1, $2)",
                                 Parameters().add(numbers).add(texts)),
            1000U);
  EXPECT_EQ(integer("SELECT count(*) FROM reeltally.pair WHERE b = 'x' || a"), 500);
  EXPECT_EQ(integer("SELECT count(*) FROM reeltally.pair WHERE b IS NULL"), 500);
  Rows rows = connection().query("SELECT cardinality($1)", Parameters().add(none));
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), 0);
}

// A text of the server's holds no NUL.
TEST_F(PostgresConnection, ANulInATextIsReplaced) {
  Column texts(Column::Kind::text);
  texts.add(std::string_view("a\0b", 3));
  Column bytes(Column::Kind::bytes);
  bytes.add(std::string_view("a\0b", 3));
  Rows rows = connection().query("SELECT ($1)[1], ($2)[1]", Parameters().add(texts).add(bytes));
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.text(0),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(rows.blob(1), std::string_view("a\0b", 3));
}

TEST_F(PostgresConnection, RowsCanBeReadOneByOneAndLeftInTheMiddle) {
  const std::string many = "SELECT i, repeat('x', 100) FROM generate_series(1, 200000) AS i";
  std::int64_t sum = 0;
  {
    Rows rows = connection().query(many, {}, {.fetch = Connection::Fetch::streaming});
    while (rows.step()) {
      sum += rows.integer(0);
    }
  }
  EXPECT_EQ(sum, std::int64_t{200000} * 200001 / 2);
  {
    Rows rows = connection().query(many, {}, {.fetch = Connection::Fetch::streaming});
    EXPECT_TRUE(rows.step());
  }
  EXPECT_EQ(integer("SELECT 5"), 5);
}

TEST_F(PostgresConnection, ARefusalSaysWhyAndShowsNoRow) {
  connection().run_script("CREATE TABLE t (secret text CHECK (secret = ''))");
  try {
    connection().execute("INSERT INTO t VALUES ($1)", Parameters().add("hunter2"));
    FAIL();
  } catch (const storage::ServerError& error) {
    EXPECT_EQ(error.state(), "23514");
    EXPECT_TRUE(storage::is_trouble_of_a_value(error));
    EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(connection().name()), std::string::npos);
  }
  EXPECT_EQ(integer("SELECT 5"), 5);
}

TEST_F(PostgresConnection, AFailureInTheMiddleOfAStreamIsThrown) {
  Rows rows = connection().query("SELECT 10 / (3 - i) FROM generate_series(1, 5) AS i", {},
                                 {.fetch = Connection::Fetch::streaming});
  EXPECT_THROW(while (rows.step()){}, storage::ServerError);
  EXPECT_EQ(integer("SELECT 5"), 5);
}

TEST_F(PostgresConnection, ATransactionIsUndoneUnlessItIsCommitted) {
  {
    const ServerTransaction transaction(connection(), ServerTransaction::Kind::writing);
    connection().execute("INSERT INTO pair VALUES (1, 'a')");
  }
  EXPECT_EQ(integer("SELECT count(*) FROM reeltally.pair"), 0);
  storage::transact(connection(), [&] {
    connection().execute("INSERT INTO pair VALUES (1, 'a')");
    try {
      const storage::ServerSavepoint part(connection());
      connection().execute("INSERT INTO pair VALUES (2, 'b')");
      connection().execute("INSERT INTO pair VALUES (1 / 0, 'c')");
    } catch (const storage::ServerError&) {
    }
  });
  EXPECT_EQ(integer("SELECT sum(a)::bigint FROM reeltally.pair"), 1);
}

TEST_F(PostgresConnection, AReaderSeesOneState) {
  Connection other(*url_);
  const ServerTransaction transaction(connection(), ServerTransaction::Kind::reading);
  EXPECT_EQ(integer("SELECT count(*) FROM pair"), 0);
  other.execute("INSERT INTO reeltally.pair VALUES (1, 'a')");
  EXPECT_EQ(integer("SELECT count(*) FROM pair"), 0);
  EXPECT_THROW(connection().execute("INSERT INTO pair VALUES (2, 'b')"), storage::ServerError);
}

// The server takes a table that was never analysed for a small one.
TEST_F(PostgresConnection, SomeRowsAreFoundByAnIndexWhateverTheServerBelieves) {
  using Kind = ServerTransaction::Kind;
  connection().run_script(
      "CREATE TABLE reeltally.many (id bigint PRIMARY KEY) WITH (autovacuum_enabled = false); "
      "INSERT INTO reeltally.many SELECT generate_series(1, 2000)");
  const auto scans_all = [this](Kind kind) {
    const ServerTransaction transaction(connection(), kind);
    Column keys(Column::Kind::integer);
    for (std::int64_t key = 0; key < 1000; ++key) {
      keys.add(key);
    }
    Rows plan = connection().query(
        "EXPLAIN SELECT m.id FROM (SELECT unnest($1) AS id) AS u JOIN many AS m ON m.id = u.id",
        Parameters().add(keys));
    std::string lines;
    while (plan.step()) {
      lines += std::string(plan.text(0)) + "\n";
    }
    EXPECT_NE(lines.find("many"), std::string::npos) << lines;
    return lines.find("Seq Scan") != std::string::npos;
  };
  EXPECT_TRUE(scans_all(Kind::writing));  // or the settings are not needed
  EXPECT_FALSE(scans_all(Kind::writing_some));
  EXPECT_FALSE(scans_all(Kind::reading_some));
}

// Each needs the row that the other one has locked: the server refuses one of them, and it tries
// again.
TEST_F(PostgresConnection, AConflictIsRetried) {
  connection().run_script("INSERT INTO reeltally.pair VALUES (1, ''), (2, '')");
  std::atomic<int> holding{0};
  std::atomic<int> tries{0};
  const auto cross = [&](Connection& by, const char* first, const char* second) {
    bool met = false;
    storage::transact(by, [&] {
      ++tries;
      by.execute(std::string("UPDATE pair SET b = b || 'x' WHERE a = ") + first);
      if (!std::exchange(met, true)) {
        ++holding;
        while (holding < 2) {
          std::this_thread::yield();
        }
      }
      by.execute(std::string("UPDATE pair SET b = b || 'x' WHERE a = ") + second);
    });
  };
  Connection other(*url_);
  std::thread thread([&] { cross(other, "2", "1"); });
  cross(connection(), "1", "2");
  thread.join();
  EXPECT_GE(tries, 3);
  EXPECT_EQ(integer("SELECT count(*) FROM reeltally.pair WHERE b = 'xx'"), 2);
}

TEST_F(PostgresConnection, ALostConnectionFailsUntilItIsReconnected) {
  Connection other(*url_);
  Rows own = connection().query("SELECT pg_backend_pid()");
  ASSERT_TRUE(own.step());
  Rows ended = other.query("SELECT pg_terminate_backend($1::bigint::int, 10000)",
                           Parameters().add(own.integer(0)));
  ASSERT_TRUE(ended.step());
  EXPECT_THROW(connection().execute("SELECT 1"), storage::ConnectionLost);
  EXPECT_TRUE(connection().is_lost());
  EXPECT_THROW(connection().execute("SELECT 1"), storage::ConnectionLost);
  connection().reconnect();
  EXPECT_EQ(integer("SELECT 5"), 5);
}

TEST_F(PostgresConnection, AWaitCanBeEnded) {
  std::atomic<bool> stop{false};
  Connection slow(*url_, [&] { return stop.load(); });
  std::thread stopper([&] { stop = true; });
  EXPECT_THROW(static_cast<void>(slow.query("SELECT pg_sleep(600)")), core::Stopped);
  stopper.join();
}

TEST(PostgresConnectionElsewhere, AMissingServerIsNamed) {
  try {
    const Connection none{LedgerUrl("postgresql://me@/l?host=/nowhere")};
    FAIL();
  } catch (const storage::ConnectionLost& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("cannot connect to the ledger postgresql://me@/l?host=/nowhere"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
}

}  // namespace
