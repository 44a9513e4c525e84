// How tasks that older versions did not find are counted, before and after the upgrade.
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/domain/lifecycle.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/maintenance.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/task_store.h"
#include "storage/statements/standing_columns.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace {

using namespace std::chrono_literals;
using core::Verdict;
using storage::check_ledger;
using Findings = std::vector<std::string>;

// A ledger of schema 10, with the answers of a test about its task `running`.
class MissingRuleTest : public testing::Test {
 protected:
  MissingRuleTest() {
    SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec(support::read_file(TEST_DATA "/ledgers/v10.sql"));
  }

  void not_found(std::chrono::milliseconds after) { hear(Verdict::not_found, after); }
  void found(std::chrono::milliseconds after) { hear(Verdict::unfinished, after); }

  // The state of `running` after the upgrade: its state, runs and answers, and the time of the last
  // of them in minutes after the begin.
  std::string upgraded() {
    EXPECT_EQ(storage::migrate_ledger(path_, entries::kNow, false).from, 10);
    EXPECT_EQ(check_ledger(path_, ""), Findings{});
    return value(
        "SELECT state || ' ' || not_found_runs || ' ' || not_found_answers || ' ' || "
        "ifnull((not_found_at - " +
        number(kBegin) + ") / 60000, '-') FROM task WHERE task_id = 'running'");
  }
  // The state after a run of this version, `after` the begin, that does not find `running`.
  core::TaskState not_found_now(std::chrono::milliseconds after) {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    core::Entry entry = entries::answered({.task = kTask,
                                           .id = "running",
                                           .body = entries::kNotFound,
                                           .http_status = 400,
                                           .run = store.run(),
                                           .before = standing(),
                                           .when = kBegin + after});
    store.write({&entry, 1});
    EXPECT_EQ(check_ledger(path_, "1"), Findings{});
    return standing().state;
  }
  void change(const std::string& sql) { SQLite::Database(path_, SQLite::OPEN_READWRITE).exec(sql); }
  std::string value(const std::string& sql) {
    return storage::open_for_reading(path_)->execAndGet(sql).getString();
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  support::ManualClock clock_;

 private:
  // One answer in its own run: a snapshot like an existing one, and the task's row as earlier
  // versions left it.
  void hear(Verdict verdict, std::chrono::milliseconds after) {
    const bool is_found = verdict == Verdict::unfinished;
    const std::string like = is_found ? "13" : "12";
    const std::string at = number(kBegin + after);
    old_ = core::fold(old_, {verdict, ++run_, kBegin + after, core::MissingRule::runs});
    const std::string run = std::to_string(run_);
    change("INSERT INTO run (id, started_at, version, host, inputs, stale_after_ms) VALUES (" +
           run + ", " + at + ", '0.1.0', 'h', '[]', 0)");
    change("INSERT INTO snapshot SELECT (SELECT max(id) + 1 FROM snapshot), task.id, " + run +
           ", " + at +
           ", outcome, usage_values, raw_bytes, raw_sha256, block, slot FROM snapshot, task "
           "WHERE snapshot.id = " +
           like + " AND task_id = 'running'");
    change("UPDATE task SET queries = queries + 1, last_query = " + at +
           ", last_snapshot = (SELECT max(id) FROM snapshot), status_snapshot = " +
           (is_found ? "(SELECT max(id) FROM snapshot)" : "status_snapshot") +
           ", state = " + std::to_string(static_cast<int>(old_.state)) +
           ", not_found_runs = " + std::to_string(old_.not_found.runs) + ", not_found_run = " +
           std::to_string(old_.not_found.last_run) + " WHERE task_id = 'running'");
  }
  core::TaskStanding standing() {
    const auto database = storage::open_for_reading(path_);
    storage::Statement row(
        *database, ("SELECT " + storage::kStandingColumns + " FROM task WHERE id = 6").c_str());
    EXPECT_TRUE(row.step());
    return storage::standing_of(row, 0);
  }
  static std::string number(core::UtcTime time) {
    return std::to_string(time.time_since_epoch().count());
  }

  static constexpr core::UtcTime kBegin{std::chrono::milliseconds(1'795'800'000'000)};
  static constexpr core::TaskKey kTask = 6;
  std::int64_t run_ = 5;  // the last run in the ledger
  core::TaskStanding old_;
};

TEST_F(MissingRuleTest, AnswersThatWereApartCountFromBefore) {
  not_found(0min);
  not_found(24h);
  EXPECT_EQ(upgraded(), "0 2 2 1440");
  EXPECT_EQ(not_found_now(48h), core::TaskState::missing);
}

TEST_F(MissingRuleTest, AnswersAtOnceCountOnce) {
  not_found(0min);
  not_found(1min);
  EXPECT_EQ(upgraded(), "0 2 1 0");
  EXPECT_EQ(not_found_now(10min), core::TaskState::unfinished);
  EXPECT_EQ(not_found_now(20min), core::TaskState::missing);
}

TEST_F(MissingRuleTest, EachAnswerCountsFromTheOneCountedBeforeIt) {
  for (const auto after : {0min, 9min, 18min, 27min, 29min, 40min}) {
    not_found(after);
  }
  EXPECT_EQ(upgraded(), "3 6 4 40");
}

TEST_F(MissingRuleTest, OnlyAnswersSinceATaskWasFoundCount) {
  not_found(0min);
  not_found(20min);
  found(40min);
  not_found(60min);
  EXPECT_EQ(upgraded(), "0 1 1 60");
}

TEST_F(MissingRuleTest, AClockThatWasSetBackStartsTheCountAgain) {
  not_found(2h);
  not_found(4h);
  not_found(10min);
  not_found(20min);
  EXPECT_EQ(upgraded(), "3 4 2 20");
}

TEST_F(MissingRuleTest, ATaskThatBecameMissingWithinSecondsStaysMissing) {
  not_found(0s);
  not_found(1s);
  not_found(2s);
  EXPECT_EQ(upgraded(), "3 3 1 0");
  EXPECT_EQ(not_found_now(3s), core::TaskState::missing);
  EXPECT_EQ(not_found_now(10min), core::TaskState::missing);
}

// A prune deletes the answers of missing tasks: a task that is found again may lack them.
TEST_F(MissingRuleTest, ATaskThatIsFoundAgainMayLackItsAnswers) {
  not_found(0s);
  not_found(1s);
  not_found(2s);
  found(1h);
  change(
      "UPDATE snapshot SET block = NULL, slot = NULL WHERE task = 6 AND id < "
      "(SELECT max(id) FROM snapshot)");
  EXPECT_EQ(upgraded(), "0 0 0 -");
  change("UPDATE run SET missing_rule = 1");
  EXPECT_NE(check_ledger(path_, ""), Findings{}) << "by the rule of today it was never missing";
}

TEST_F(MissingRuleTest, TheCheckJudgesEachRunByItsOwnRule) {
  not_found(0s);
  not_found(1s);
  not_found(2s);
  EXPECT_EQ(upgraded(), "3 3 1 0");
  change("UPDATE run SET missing_rule = 1 WHERE id = 8");
  EXPECT_EQ(check_ledger(path_, ""),
            Findings{"task running: its row does not match its snapshots"});
}

TEST_F(MissingRuleTest, TheCheckFindsCountsThatNoAnswersExplain) {
  not_found(0min);
  not_found(24h);
  EXPECT_EQ(upgraded(), "0 2 2 1440");
  for (const std::string wrong : {"not_found_answers = 1", "not_found_at = not_found_at - 1",
                                  "not_found_at = NULL", "not_found_runs = 3", "state = 3"}) {
    SCOPED_TRACE(wrong);
    const std::string whole = support::read_file(path_);
    change("UPDATE task SET " + wrong + " WHERE id = 6");
    EXPECT_EQ(check_ledger(path_, ""),
              Findings{"task running: its row does not match its snapshots"});
    entries::write_file(path_, whole);
  }
}

}  // namespace
