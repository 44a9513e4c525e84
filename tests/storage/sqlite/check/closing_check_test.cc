#include "storage/sqlite/check/closing_check.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/billing/period.h"
#include "core/billing/price_book.h"
#include "core/billing/reports.h"
#include "core/billing/repricing.h"
#include "storage/open_ledger.h"
#include "storage/sqlite/database.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/temp_dir.h"
#include "tests/support/thawed_lines.h"

namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kOctober = 1'790'812'800'000;  // 2026-10-01T00:00:00Z
const std::string kPrices =
    "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"
    "m,second,,,0.90,CNY,,\n";

const std::string kDearer =
    "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"
    "m,second,,,1.10,CNY,,\n";

// October was closed with `a`; later `a` changed and `late` came late, so that November has lines
// of every kind.
class ClosingCheckTest : public testing::Test {
 protected:
  ClosingCheckTest() {
    add("a", kOctober + 1000);
    add("failed", kOctober + 1500, 2);
    close("2026-10");
    answers_.record({.id = "a",
                     .facts = {.duration_seconds = "9"},
                     .observed_at = kOctober + 40 * kDayMs,
                     .body = "again"});
    add("late", kOctober + 2000);
    close("2026-11");
  }

  // Higher prices for October, in December.
  void reprice_october() {
    const auto source = storage::open_billing_source(path_);
    source->reprice(source->closed_periods().at(0), kDearer, core::UtcTime{});
    close("2026-12");
  }

  void add(const std::string& id, std::int64_t finish, int state = 1) {
    answers_.record(
        {.id = id,
         .state = static_cast<core::TaskState>(state),
         .facts = {.finish_time = support::utc(finish), .model = "m", .duration_seconds = "8"},
         .observed_at = finish});
  }
  void close(const std::string& name) {
    const core::TimeZone zone("UTC");
    const core::PriceBook prices = core::PriceBook::parse(prices_, "prices.csv");
    core::ClosedPeriod period{.period = core::parse_period(name, zone), .zone = "UTC"};
    period.prices = prices_;
    core::Reports reports(storage::open_billing_source(path_));
    const auto closing =
        reports.source().close(period, core::UtcTime(std::chrono::milliseconds(kOctober)));
    reports.each_line({.begin = period.period.begin, .end = period.period.end}, {.prices = &prices},
                      zone, [&](const core::ReportLine& line) { closing->add(line); });
    closing->commit({.sha256 = std::string(64, '0')});
  }
  std::vector<std::string> findings() {
    storage::Findings findings;
    storage::check_closings(*storage::open_for_reading(path_), findings);
    return findings.take();
  }

  std::string prices_ = kPrices;
  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  support::BillingLedger answers_{path_};
};

TEST_F(ClosingCheckTest, FindsWhatTheHashOfAReportDoesNotCover) {
  ASSERT_EQ(findings(), std::vector<std::string>{});
  const std::vector<std::pair<std::string, std::string>> cases{
      {"another name", "UPDATE period SET name = '2026-09' WHERE id = 1"},
      {"a name that is none", "UPDATE period SET name = 'x' WHERE id = 1"},
      {"a zone that is none", "UPDATE period SET tz = 'Nowhere' WHERE id = 1"},
      {"an earlier begin", "UPDATE period SET begins_at = begins_at - 1 WHERE id = 1"},
      {"a later end", "UPDATE period SET ends_at = ends_at + 1 WHERE id = 2"},
      {"a price book that is none", "UPDATE period SET prices = 'x' WHERE id = 1"},
      {"no price book", "UPDATE period SET prices = NULL WHERE id = 1"},
      {"another price", "UPDATE period SET prices = replace(prices, '0.90', '0.91') WHERE id = 1"},
      {"a line too many", "UPDATE period SET line_count = line_count + 1 WHERE id = 1"},
      {"a line that moved", "UPDATE report_line SET period = 2, incurred = 2 WHERE id = 1"},
      {"snapshots to come", "UPDATE period SET checked_to = 99 WHERE id = 1"},
      {"forgotten snapshots", "UPDATE period SET checked_to = 1 WHERE id = 1"},
      {"a schema to come", "UPDATE period SET schema_version = 99 WHERE id = 1"},
      {"the rules of another period", "UPDATE report_line SET incurred = 2 WHERE id = 1"},
      {"the rules of another period, of an adjustment",
       "UPDATE report_line SET incurred = 2 WHERE adjusts IS NOT NULL"},
      {"another time", "UPDATE report_line SET billed_at = billed_at + 1 WHERE id = 1"},
      {"a time of another period", "UPDATE report_line SET billed_at = 0 WHERE id = 2"},
      {"another kind", "UPDATE report_line SET kind = 1 WHERE id = 1"},
      {"a kind that is none", "UPDATE report_line SET kind = 2 WHERE id = 1"},
      {"a reversal that is none", "UPDATE report_line SET reversal = 1 WHERE id = 1"},
      {"a reversal that is hidden", "UPDATE report_line SET reversal = 0 WHERE reversal"},
      {"an adjustment of nothing",
       "UPDATE report_line SET adjusts = 'x' WHERE adjusts IS NOT NULL AND NOT reversal"},
      {"a snapshot of another task", "UPDATE report_line SET task = 2 WHERE id = 1"},
      {"a loss that is none", "UPDATE report_line SET lost = 2 WHERE id = 1"},
      {"labels that are none", "UPDATE report_line SET labels = '{' WHERE id = 1"},
      {"a failed task made paid",
       "UPDATE report_line SET succeeded = 1, quantity = '8', unit = 0, "
       "unit_price = '0.9', currency = 'CNY', cost = '7.2' "
       "WHERE task = (SELECT id FROM task WHERE task_id = 'failed')"},
      {"a paid task made failed", "UPDATE report_line SET succeeded = 0 WHERE id = 1"},
      {"another cost", "UPDATE report_line SET cost = '7.21' WHERE id = 1"},
      {"a cost that is none", "UPDATE report_line SET cost = 'x' WHERE id = 1"},
      {"a cost without a price", "UPDATE report_line SET unit_price = NULL WHERE id = 1"},
      {"another quantity", "UPDATE report_line SET quantity = '7' WHERE id = 1"},
      {"a price of a failed task",
       "UPDATE report_line SET cost = '1' WHERE task = (SELECT id FROM task WHERE task_id = "
       "'failed')"},
      {"a task taken out of its month",
       "DELETE FROM report_line WHERE task = (SELECT id FROM task WHERE task_id = 'failed'); "
       "UPDATE period SET line_count = line_count - 1 WHERE id = 1"},
      {"a revision that is none", "UPDATE report_line SET line_id = line_id || '-r2' WHERE id = 1"},
      {"the first month taken away",
       "DELETE FROM report_line WHERE period = 1; DELETE FROM period WHERE id = 1"},
      {"the first month taken away, and its closing",
       "DELETE FROM report_line WHERE period = 1; DELETE FROM period WHERE id = 1; "
       "DELETE FROM closing WHERE period = 1"},
      {"the last month taken away",
       "DELETE FROM report_line WHERE period = 2; DELETE FROM period WHERE id = 2"},
      {"a month that was never closed",
       "INSERT INTO period SELECT 3, '2026-12', ends_at, ends_at + 2678400000, tz, prices, "
       "closed_at, 0, sha256, 0, 0, schema_version, checked_to FROM period WHERE id = 2"},
      {"another SHA-256", "UPDATE period SET sha256 = upper(sha256) || 'x' WHERE id = 1"},
      {"another SHA-256 of a closing", "UPDATE closing SET sha256 = 'x' WHERE period = 1"},
      {"another begin of a closing", "UPDATE closing SET begins_at = 1 WHERE period = 1"},
      {"months that overlap",
       "UPDATE period SET ends_at = ends_at + 1 WHERE id = 1; "
       "UPDATE closing SET ends_at = ends_at + 1 WHERE period = 1"},
      {"another time of the closing", "UPDATE period SET closed_at = closed_at + 1 WHERE id = 1"},
      {"another hash of a closed period",
       "UPDATE period_link SET sha256 = replace(sha256, substr(sha256, 1, 1), 'x') WHERE period = "
       "1"},
      {"a hash that is gone", "DELETE FROM period_link WHERE period = 2"},
      {"another statement", "UPDATE period_link SET statement = statement || ' ' WHERE period = 2"},
      {"the hash of a commit that was closed with",
       "UPDATE snapshot_link SET sha256 = zeroblob(32)"},
      {"a later price book that is none",
       "INSERT INTO repricing (period, prices, repriced_at) VALUES (1, 'x', 0)"}};
  const auto database = storage::open_for_writing(path_);
  support::thaw_lines(*database);
  database->exec(
      "PRAGMA foreign_keys = OFF; DROP TRIGGER period_is_fixed; DROP TRIGGER period_is_kept; "
      "DROP TRIGGER closing_is_fixed; DROP TRIGGER closing_is_kept; "
      "DROP TRIGGER period_link_is_fixed; DROP TRIGGER period_link_is_kept; "
      "DROP TRIGGER snapshot_link_is_fixed");
  for (const auto& [name, sql] : cases) {
    SCOPED_TRACE(name);
    SQLite::Transaction transaction(*database);
    database->exec(sql);
    storage::Findings found;
    storage::check_closings(*database, found);
    EXPECT_FALSE(found.empty());
  }
}

// A line of several tiers has no price of its own; the quantities and costs of its parts add up.
TEST_F(ClosingCheckTest, AddsUpTheTiersOfALine) {
  prices_ =
      "model,unit,price,currency,from_quantity,to_quantity\n"
      "m,second,1,CNY,,10\nm,second,0.5,CNY,10,\n";
  add("one", kOctober + 62 * kDayMs);
  add("two", kOctober + 63 * kDayMs);
  close("2026-12");
  ASSERT_EQ(findings(), std::vector<std::string>{});
  answers_.record({.id = "two",
                   .facts = {.duration_seconds = "9"},
                   .observed_at = kOctober + 95 * kDayMs,
                   .body = "again"});
  close("2027-01");
  ASSERT_EQ(findings(), std::vector<std::string>{}) << "with a line that takes its tiers back";
  const std::string spanning = " WHERE unit_price IS NULL AND cost IS NOT NULL AND quantity = '8'";
  const auto database = storage::open_for_writing(path_);
  ASSERT_EQ(database->execAndGet("SELECT count(*) FROM report_line" + spanning).getInt(), 1);
  support::thaw_lines(*database);
  for (const std::string change :
       {"cost = '5.01'", "quantity = '7'", "cost = '-5'", "unit_price = '0.625'"}) {
    SCOPED_TRACE(change);
    SQLite::Transaction transaction(*database);
    database->exec("UPDATE report_line SET " + change + spanning);
    storage::Findings found;
    storage::check_closings(*database, found);
    EXPECT_FALSE(found.empty());
  }
}

TEST_F(ClosingCheckTest, ManyDamagedLinesAreCutAtALimit) {
  constexpr std::size_t kTasks = storage::Findings::kMax + 20;
  for (std::size_t i = 0; i < kTasks; ++i) {
    add("many-" + std::to_string(1000 + i), kOctober + 62 * kDayMs);
  }
  close("2026-12");
  ASSERT_EQ(findings(), std::vector<std::string>{});
  const auto database = storage::open_for_writing(path_);
  support::thaw_lines(*database);
  database->exec("PRAGMA foreign_keys = OFF; DROP TRIGGER period_is_fixed");
  for (const std::string damage : {"UPDATE report_line SET cost = '7.21'",
                                   "DELETE FROM report_line WHERE period = 3; UPDATE period SET "
                                   "line_count = 0 WHERE id = 3"}) {
    SCOPED_TRACE(damage);
    SQLite::Transaction transaction(*database);
    database->exec(damage);
    storage::Findings found;
    storage::check_closings(*database, found);
    EXPECT_EQ(found.take().size(), storage::Findings::kMax);
  }
}

TEST_F(ClosingCheckTest, KnowsLinesThatOtherPricesReplaced) {
  reprice_october();
  ASSERT_EQ(findings(), std::vector<std::string>{});
  const auto database = storage::open_for_writing(path_);
  EXPECT_EQ(database
                ->execAndGet("SELECT group_concat(line_id || ' ' || cost, ', ') FROM (SELECT * "
                             "FROM report_line WHERE period = 3 ORDER BY id)")
                .getString(),
            "3-b4c9e14061c2-reversal -8.1, 3-b4c9e14061c2-r2 9.9, "
            "4-089001a35679-reversal -7.2, 4-089001a35679-r2 8.8");
  support::thaw_lines(*database);
  database->exec("DROP TRIGGER repricing_is_fixed");
  for (const char* sql :
       {"UPDATE report_line SET line_id = replace(line_id, '-r2', '-r3')",
        "UPDATE report_line SET adjusts = replace(adjusts, '-', '-0') WHERE reversal",
        "UPDATE repricing SET prices = replace(prices, '1.10', '1.11')",
        "UPDATE repricing SET period = 2"}) {
    SCOPED_TRACE(sql);
    SQLite::Transaction transaction(*database);
    database->exec(sql);
    storage::Findings found;
    storage::check_closings(*database, found);
    EXPECT_FALSE(found.empty());
  }
}

// October was closed by force without `open` and `gone`, and without `stale`, which was written
// off.
class ClosedWithoutTest : public testing::Test {
 protected:
  static constexpr int kClosedOn = 40;  // the day

  ClosedWithoutTest() {
    add("a", 1, core::TaskState::succeeded);
    add("stale", 1, core::TaskState::unfinished);
    add("gone", 2, core::TaskState::missing);
    add("open", 10, core::TaskState::unfinished);
    add("november", 35, core::TaskState::unfinished);
    core::ClosedPeriod period{.period = core::parse_period("2026-10", zone_), .zone = "UTC"};
    period.unfinished = 1;
    period.missing = 1;
    core::Reports reports(storage::open_billing_source(path_));
    const auto closing =
        reports.source().close(period, support::utc(kOctober + kClosedOn * kDayMs));
    closing->write_off(support::utc(kOctober + 5 * kDayMs));
    reports.each_line({.begin = period.period.begin, .end = period.period.end, .videos = true}, {},
                      zone_, [&](const core::ReportLine& line) { closing->add(line); });
    closing->commit({.sha256 = std::string(64, '0')});
  }

  // An answer of that day about a task of the day.
  void add(const std::string& id, int day, core::TaskState state, int answered = 0) {
    const std::int64_t at = kOctober + day * kDayMs;
    core::TaskFacts facts{.submit_time = support::utc(at)};
    if (state == core::TaskState::succeeded || state == core::TaskState::failed) {
      facts.finish_time = support::utc(at);
    }
    answers_.record({.id = id,
                     .state = state,
                     .facts = facts,
                     .observed_at = answered == 0 ? at : kOctober + answered * kDayMs,
                     .body = id + std::to_string(answered)});
  }
  std::vector<std::string> findings() {
    storage::Findings findings;
    storage::check_closings(*storage::open_for_reading(path_), findings);
    return findings.take();
  }

  core::TimeZone zone_{"UTC"};
  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  support::BillingLedger answers_{path_};
};

TEST_F(ClosedWithoutTest, FindsWhatContradictsItsTasks) {
  ASSERT_EQ(findings(), std::vector<std::string>{});
  const std::vector<std::pair<std::string, std::string>> cases{
      {"an unfinished task less", "UPDATE period SET unfinished = 0"},
      {"an unfinished task more", "UPDATE period SET unfinished = 2"},
      {"a number that is none", "UPDATE period SET unfinished = -1"},
      {"a missing task less", "UPDATE period SET missing = 0"},
      {"a missing task more", "UPDATE period SET missing = 2"},
      {"a task no longer written off", "DELETE FROM written_off"},
      {"a finished task written off",
       "INSERT INTO written_off SELECT 1, id FROM task WHERE task_id = 'a'"},
      {"a missing task written off",
       "INSERT INTO written_off SELECT 1, id FROM task WHERE task_id = 'gone'"},
      {"a task of another month written off",
       "INSERT INTO written_off SELECT 1, id FROM task WHERE task_id = 'november'"},
      {"a loss without a video", "UPDATE report_line SET lost = 1"},
      {"a loss of a saved video",
       "INSERT INTO video (task, video_index, snapshot, state, saved_at) "
       "SELECT task, 1, snapshot, 1, billed_at FROM report_line; UPDATE report_line SET lost = 1"},
      {"a loss that is hidden",
       "INSERT INTO video (task, video_index, snapshot, state) "
       "SELECT task, 1, snapshot, 3 FROM report_line"}};
  const auto database = storage::open_for_writing(path_);
  support::thaw_lines(*database);
  database->exec(
      "DROP TRIGGER period_is_fixed; "
      "DROP TRIGGER written_off_is_kept");
  for (const auto& [name, sql] : cases) {
    SCOPED_TRACE(name);
    SQLite::Transaction transaction(*database);
    database->exec(sql);
    storage::Findings found;
    storage::check_closings(*database, found);
    EXPECT_FALSE(found.empty());
  }
}

TEST_F(ClosedWithoutTest, WhatBecameKnownLaterIsNoContradiction) {
  add("open", 10, core::TaskState::succeeded, 50);
  add("stale", 1, core::TaskState::failed, 50);
  add("gone", 2, core::TaskState::unfinished, 50);
  add("late", 3, core::TaskState::unfinished, 50);
  add("a", 1, core::TaskState::succeeded, 50);
  EXPECT_EQ(findings(), std::vector<std::string>{});
  storage::open_for_writing(path_)->exec(
      "INSERT INTO video (task, video_index, snapshot, state) "
      "SELECT task, 1, snapshot, 3 FROM report_line");
  EXPECT_EQ(findings(), std::vector<std::string>{}) << "it may have expired since";
}

// A fast machine closes and runs within a millisecond.
TEST_F(ClosedWithoutTest, NorIsWhatBecameKnownInTheSameMillisecond) {
  add("open", 10, core::TaskState::succeeded, kClosedOn);
  add("gone", 2, core::TaskState::unfinished, kClosedOn);
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

}  // namespace
