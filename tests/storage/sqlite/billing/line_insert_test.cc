#include "storage/sqlite/billing/line_insert.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/billing/billing_source.h"
#include "core/billing/period.h"
#include "core/billing/price_book.h"
#include "core/billing/reports.h"
#include "core/error.h"
#include "storage/open_ledger.h"
#include "storage/sqlite/billing/shared_rows.h"
#include "storage/sqlite/database.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/temp_dir.h"

namespace {

class LineInsertTest : public testing::Test {
 protected:
  // `tasks` that end in January 1970, with four models and fifty customers.
  void add(int tasks) {
    answers_.record({.id = "first", .facts = {.finish_time = support::utc(1000)}});
    const std::string numbers =
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(tasks) + ") ";
    const auto database = storage::open_for_writing(path_);
    database->exec(
        numbers +
        "INSERT INTO task (id, account, task_id, state, first_seen, final_snapshot, submit_time, "
        "finish_time, model, action, resolution, request_id, duration_seconds, labels) "
        "SELECT i, 1, 't' || i, 1, 0, i, i * 2000 - 90000, i * 2000, 'model-' || (i % 4), "
        "'generate', '720p', 'r' || i, (i % 10) || '.5', '{\"customer\":\"c' || (i % 50) || '\"}' "
        "FROM n");
    database->exec(numbers +
                   "INSERT INTO snapshot (id, task, run, observed_at, outcome, raw_bytes, "
                   "raw_sha256) SELECT i, i, 1, i * 2000, (SELECT outcome FROM snapshot), 2, "
                   "randomblob(32) FROM n");
  }
  void close() {
    const core::TimeZone zone("UTC");
    const core::PriceBook prices = core::PriceBook::parse(
        "model,unit,price,currency\nmodel-1,second,0.90,CNY\nmodel*,second,0.4375,CNY\n",
        "prices.csv");
    core::Reports reports(storage::open_billing_source(path_));
    const core::ClosedPeriod period{.period = core::parse_period("1970-01", zone), .zone = "UTC"};
    const auto closing =
        reports.source().close(period, core::UtcTime(std::chrono::milliseconds(0)));
    reports.each_line({.begin = period.period.begin, .end = period.period.end}, {.prices = &prices},
                      zone, [&](const core::ReportLine& line) {
                        told_.insert(text_of(line));
                        closing->add(line);
                      });
    closing->commit({.sha256 = std::string(64, '0')});
  }
  static std::string text_of(const core::ReportLine& line) {
    const core::TaskFacts& facts = line.task.facts;
    return line.charge.line_id + "|" + facts.model + "|" + facts.request_id + "|" +
           facts.duration_seconds + "|" +
           (facts.submit_time ? std::to_string(facts.submit_time->time_since_epoch().count())
                              : "") +
           "|" + (line.charge.cost ? line.charge.cost->text() : "") + "|" +
           (line.task.labels.empty() ? "" : line.task.labels.front().second);
  }
  [[nodiscard]] std::set<std::string> stored() const {
    std::set<std::string> all;
    const SQLite::Database database(path_);
    SQLite::Statement lines(
        database,
        "SELECT line_id || '|' || ifnull(model, '') || '|' || ifnull(request_id, '') || '|' || "
        "ifnull(duration_seconds, '') || '|' || ifnull(submit_time, '') || '|' || ifnull(cost, '') "
        "|| '|' || ifnull(labels ->> 'customer', '') FROM report_line");
    while (lines.executeStep()) {
      all.insert(lines.getColumn(0).getString());
    }
    return all;
  }
  [[nodiscard]] std::int64_t value(const std::string& sql) const {
    return SQLite::Database(path_).execAndGet(sql).getInt64();
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  support::BillingLedger answers_{path_};
  std::set<std::string> told_;
};

TEST_F(LineInsertTest, TheViewSaysOfEachLineWhatItWasTold) {
  add(201);  // not a whole number of statements
  close();
  EXPECT_EQ(told_.size(), 201U);
  EXPECT_EQ(stored(), told_);
}

TEST_F(LineInsertTest, LinesThatAreAlikeShareTheirRows) {
  add(2000);
  close();
  EXPECT_EQ(value("SELECT count(*) FROM frozen_line"), 2000);
  EXPECT_EQ(value("SELECT count(*) FROM line_terms"), 5) << "four models, and a line without one";
  EXPECT_EQ(value("SELECT count(*) FROM line_amounts"), 21);
  EXPECT_EQ(value("SELECT count(*) FROM line_labels"), 50);
}

// docs/performance.md: a ledger with one answer a task has 620 bytes a task.
TEST_F(LineInsertTest, AClosingAddsLittleToTheLedger) {
  constexpr std::int64_t kLines = 5000;
  constexpr std::int64_t kBytesALine = 90;
  add(kLines);
  const std::int64_t before = value("SELECT page_count FROM pragma_page_count");
  close();
  const std::int64_t pages = value("SELECT page_count FROM pragma_page_count") - before;
  EXPECT_LE(pages * value("SELECT page_size FROM pragma_page_size"), kBytesALine * kLines);
}

// Lines are written on a thread of their own.
TEST_F(LineInsertTest, AWriteThatFailsEndsTheClosing) {
  add(2000);
  storage::open_for_writing(path_)->exec(
      "CREATE TRIGGER full BEFORE INSERT ON frozen_line WHEN NEW.id = 700 "
      "BEGIN SELECT raise(ABORT, 'the disk is full'); END");
  EXPECT_THROW(close(), core::Error);
  EXPECT_EQ(value("SELECT count(*) FROM period"), 0);
  EXPECT_EQ(value("SELECT count(*) FROM frozen_line"), 0);
  storage::open_for_writing(path_)->exec("DROP TRIGGER full");
  told_.clear();
  close();
  EXPECT_EQ(stored(), told_);
}

class SharedRowsTest : public testing::Test {
 protected:
  SharedRowsTest() { database_.exec("CREATE TABLE part (id INTEGER PRIMARY KEY, a, b)"); }

  SQLite::Database database_{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  storage::SharedValues values_;
};

TEST_F(SharedRowsTest, EqualValuesHaveOneRowAndOthersTheirOwn) {
  database_.exec("INSERT INTO part VALUES (7, 'of', 'before')");
  storage::SharedRows rows(database_, "part", "a, b");
  const std::string texts[] = {"", "1", "12", "2"};
  std::set<std::int64_t> ids;
  for (int round = 0; round < 2; ++round) {
    for (const std::string& a : texts) {
      for (const std::string& b : texts) {
        values_.clear();
        values_.add(a);
        values_.add(b);
        ids.insert(rows.id_of(values_));
      }
    }
    values_.clear();
    values_.add(1);
    values_.add_null();
    ids.insert(rows.id_of(values_));
  }
  EXPECT_EQ(ids.size(), 17U);
  EXPECT_EQ(*ids.begin(), 8);
  EXPECT_EQ(database_.execAndGet("SELECT count(*) FROM part").getInt(), 18);
  EXPECT_EQ(database_.execAndGet("SELECT count(*) FROM part WHERE a IS NULL").getInt(), 4);
  EXPECT_EQ(database_.execAndGet("SELECT b FROM part WHERE a = '12' AND b = '2'").getString(), "2");
}

TEST_F(SharedRowsTest, OneThatItForgotIsWrittenAgain) {
  storage::SharedRows rows(database_, "part", "a");
  const auto id_of = [&](std::int64_t value) {
    values_.clear();
    values_.add(value);
    return rows.id_of(values_);
  };
  const std::int64_t first = id_of(0);
  EXPECT_EQ(id_of(0), first);
  for (std::int64_t value = 1; value <= 10'000; ++value) {
    static_cast<void>(id_of(value));
  }
  const std::int64_t again = id_of(0);
  EXPECT_NE(again, first);
  EXPECT_EQ(database_.execAndGet("SELECT count(*) FROM part WHERE a = 0").getInt(), 2);
}

}  // namespace
