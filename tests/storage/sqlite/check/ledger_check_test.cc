#include "storage/sqlite/check/ledger_check.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/domain/possible_standings.h"
#include "storage/sqlite/maintenance.h"
#include "storage/sqlite/task_store.h"
#include "tests/storage/entries.h"
#include "tests/storage/small_ledger.h"
#include "tests/support/temp_dir.h"

namespace {

using entries::answered;
using storage::check_ledger;

using LedgerCheckTest = SmallLedgerTest;

// Answers with the same facts, so that only the order of the snapshots differs.
TEST_F(LedgerCheckTest, TheRowNamesOneOfTheLastEqualFinalAnswers) {
  {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    const core::Entry entry = answered({.task = 2,
                                        .id = "old",
                                        .body = entries::success("old", "1780371399"),
                                        .run = 2,
                                        .before = {core::TaskState::succeeded, {}}});
    std::vector<core::Entry> twice{entry, entry};  // snapshots 5 and 6
    store.write(twice);
  }
  const auto findings_with = [this](const std::string& final_snapshot) {
    tamper("UPDATE task SET final_snapshot = " + final_snapshot + " WHERE id = 2");
    return check_ledger(path_, "1").size();
  };
  EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
  EXPECT_EQ(findings_with("6"), 0U) << "as earlier versions named it";
  EXPECT_EQ(findings_with("5"), 0U);
  EXPECT_GT(findings_with("3"), 0U) << "the answer before";
  EXPECT_GT(findings_with("NULL"), 0U);
}

TEST_F(LedgerCheckTest, CheckFindsInconsistentRows) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a state that no answer gave", "UPDATE task SET state = 2 WHERE id = 3"},
      {"a query too many", "UPDATE task SET queries = queries + 1 WHERE id = 1"},
      {"another final snapshot", "UPDATE task SET final_snapshot = 1 WHERE id = 2"},
      {"a final answer that is none", "UPDATE task SET final_snapshot = 4 WHERE id = 3"},
      {"a hash that is another's",
       "UPDATE snapshot SET raw_sha256 = zeroblob(32) WHERE id = "
       "4"},
      {"a gap in the numbers",
       "PRAGMA foreign_keys = OFF; "
       "UPDATE snapshot SET id = 9 WHERE id = 4; "
       "UPDATE task SET last_snapshot = 9, status_snapshot = 9 WHERE id = 3"},
      {"a missing block", "PRAGMA foreign_keys = OFF; DELETE FROM answer_block"},
      {"a slot that is not there", "UPDATE snapshot SET slot = 70 WHERE id = 4"},
      {"a charge that no answer named", "UPDATE task SET quota = '9' WHERE id = 2"},
      {"another count", "UPDATE task SET duration_seconds = '80' WHERE id = 2"},
      {"another end", "UPDATE task SET finish_time = finish_time + 1 WHERE id = 2"},
      {"usage that no answer named",
       "UPDATE snapshot SET usage_values = "
       "replace(usage_values, '8', '9') WHERE id = 3"},
      {"another status word", "UPDATE outcome SET status = 'FAILURE' WHERE verdict = 1"},
      {"a submit time that no answer gave",
       "UPDATE task SET submit_time = submit_time + 1 WHERE id = 3"},
      {"a start that is gone", "UPDATE task SET start_time = NULL WHERE id = 2"},
      {"a model that no answer gave", "UPDATE task SET model = 'm' WHERE id = 2"},
      {"another action", "UPDATE task SET action = 'edit' WHERE id = 1"},
      {"what only a final answer says, of a task without one",
       "UPDATE task SET quota = '9' WHERE id = 3"},
      {"a finished task that is forgotten", "INSERT INTO forgotten VALUES (2, 1)"},
      {"an ID that is none", "UPDATE task SET task_id = '..' WHERE id = 3"},
      {"labels that are none", "UPDATE task SET labels = '{' WHERE id = 3"},
      {"a number before the first",
       "PRAGMA foreign_keys = OFF; UPDATE snapshot SET id = 0 WHERE id = 1"},
      {"a run before the last",
       "INSERT INTO run SELECT 2, started_at, NULL, version, host, inputs, stale_after_ms, NULL, "
       "NULL, missing_rule, crew FROM run; UPDATE snapshot SET run = 2 WHERE id = 2"},
      {"half a place", "UPDATE snapshot SET slot = NULL WHERE id = 4"},
      {"an answer that is gone", "UPDATE snapshot SET block = NULL, slot = NULL WHERE id = 4"},
      {"an answer that nobody names", "UPDATE snapshot SET block = NULL, slot = NULL WHERE id = 3"},
      {"a block that nobody names",
       "INSERT INTO answer_block SELECT 9, dictionary, lengths, content FROM answer_block"},
      {"an answer without its video", "DELETE FROM video WHERE task = 1"},
      {"a video without its answer",
       "INSERT INTO video (task, video_index, snapshot) VALUES (1, 2, 2)"},
      {"a video of another task", "UPDATE video SET snapshot = 3 WHERE task = 1"},
      {"a video of an answer that offers none", "UPDATE video SET snapshot = 1 WHERE task = 2"},
      {"another expiry", "UPDATE video SET expires_at = expires_at + 1 WHERE task = 1"},
      {"a saved video without a path", "UPDATE video SET path = NULL WHERE task = 2"},
      {"half a hash", "UPDATE video SET sha256 = substr(sha256, 1, 31) WHERE task = 2"},
      {"a saved video that nobody tried", "UPDATE video SET attempts = 0 WHERE task = 2"},
      {"a saved video that failed", "UPDATE video SET last_error = 'no' WHERE task = 2"},
      {"a failed video without a reason", "UPDATE video SET state = 2 WHERE task = 2"},
      {"a video of a run to come", "UPDATE video SET settled_run = 9 WHERE task = 2"},
      {"half an end of a run", "UPDATE run SET exit_code = 0"},
      {"the summary of another run",
       "UPDATE run SET finished_at = 1, exit_code = 0, summary = '{\"run_id\":2}'"},
      {"another exit code than the summary's",
       "UPDATE run SET finished_at = 1, exit_code = 0, summary = '{\"exit_code\":3}'"},
      {"a migration that is not recorded", "DELETE FROM migration WHERE number = 2"},
      {"a status of another time", "UPDATE task SET status_snapshot = 1 WHERE id = 2"},
      {"another last query", "UPDATE task SET last_query = last_query + 1 WHERE id = 2"},
      {"an index that is gone", "DROP INDEX snapshot_by_task"},
      {"an answer that may be deleted", "DROP TRIGGER snapshot_is_kept"},
      {"a view that tells something else",
       "DROP VIEW v_daily; CREATE VIEW v_daily AS SELECT 1 AS day"},
      {"a damaged block", "UPDATE answer_block SET content = zeroblob(50)"},
      {"a row nobody has", "PRAGMA foreign_keys = OFF; UPDATE video SET task = 99 WHERE task = 1"}};
  const std::string whole = support::read_file(path_);
  for (const auto& [name, sql] : cases) {
    SCOPED_TRACE(name);
    entries::write_file(path_, whole);
    ASSERT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
    tamper(sql);
    EXPECT_NE(check_ledger(path_, "1"), std::vector<std::string>{});
  }
}

TEST_F(LedgerCheckTest, ChangesByAnotherVersionOrAUserAreNoFindings) {
  tamper("UPDATE task SET quota = '9' WHERE id = 2");
  EXPECT_NE(check_ledger(path_, "1"), std::vector<std::string>{});
  EXPECT_EQ(check_ledger(path_, "2"), std::vector<std::string>{});
  tamper("CREATE VIEW somebodys_own AS SELECT 1");
  EXPECT_EQ(check_ledger(path_, "2"), std::vector<std::string>{});
}

// A later answer without the value keeps it, and a prune removes the evidence.
TEST_F(LedgerCheckTest, StickyFactsAreComparedWithTheLastAnswerThatStatesThem) {
  {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    core::Entry silent = answered({.task = 3,
                                   .id = "open",
                                   .body = R"({"code":"success","data":{"task_id":"open",)"
                                           R"("status":"IN_PROGRESS"}})",
                                   .run = 2});
    store.write({&silent, 1});
  }
  EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
  static_cast<void>(storage::prune_ledger(path_, core::UtcTime::max()));
  EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
  tamper("UPDATE task SET action = 'edit' WHERE id = 2");
  EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{}) << "nothing is left that tells";
  tamper("UPDATE task SET action = 'edit' WHERE id = 3");
  EXPECT_NE(check_ledger(path_, "1"), std::vector<std::string>{});
}

// The row of a finished task must match the bytes that it names.
TEST_F(LedgerCheckTest, AfterAFinalAnswerOnlyAFinalOneChangesTheRow) {
  const std::string facts =
      "SELECT state || ' ' || ifnull(model, '-') || ' ' || action || ' ' || submit_time || ' ' || "
      "start_time || ' ' || ifnull(quota, '-') || ' ' || final_snapshot FROM task WHERE id = 2";
  const auto hear = [&](const std::string& status) {
    const std::string body =
        R"({"code":"success","data":{"task_id":"old","status":")" + status +
        R"(","action":"other","submit_time":1780284821,"start_time":1780284825,"quota":7,)"
        R"("properties":{"origin_model_name":"dear"}}})";
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    const auto before = static_cast<core::TaskState>(number("SELECT state FROM task WHERE id = 2"));
    core::Entry entry = answered({.task = 2, .id = "old", .body = body, .before = {before, {}}});
    store.write({&entry, 1});
    EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{}) << status;
    return text(facts);
  };
  const std::string success = text(facts);
  for (const char* status : {"IN_PROGRESS", "QUEUED", "UNKNOWN", "on hold"}) {
    EXPECT_EQ(hear(status), success) << status;
  }
  const std::string failure = hear("FAILURE");
  EXPECT_EQ(failure, "2 dear other 1780284821000 1780284825000 7 9");
  EXPECT_EQ(hear("IN_PROGRESS"), failure);
  // As an earlier version wrote it.
  tamper("UPDATE task SET model = 'other' WHERE id = 2");
  EXPECT_NE(check_ledger(path_, "1"), std::vector<std::string>{});
}

// The check has no rules of its own: it uses those by which the lane changes a video.
TEST_F(LedgerCheckTest, OnlyStandingsOfTheLifeCycleArePossible) {
  std::set<std::tuple<int, bool, bool>> possible;
  for (const core::VideoStanding& one : core::possible_standings()) {
    possible.emplace(static_cast<int>(one.state), one.tried_in != 0, one.first_refusal.has_value());
  }
  for (int state = 0; state < 4; ++state) {
    for (const bool tried : {false, true}) {
      for (const bool refused : {false, true}) {
        tamper("UPDATE video SET state = " + std::to_string(state) + ", settled_run = " +
               (tried ? "1" : "0") + ", attempts = 1, refused_at = " + (refused ? "1" : "NULL") +
               ", last_error = " + (state == 1 ? "NULL" : "'no'") + " WHERE task = 2");
        EXPECT_EQ(check_ledger(path_, "1").empty(), possible.contains({state, tried, refused}))
            << state << tried << refused;
      }
    }
  }
}

// `verify --requeue` makes a saved video wanted again, and keeps its record.
TEST_F(LedgerCheckTest, AVideoThatIsWantedAgainIsNoFinding) {
  tamper("UPDATE video SET state = 0, settled_run = 0 WHERE task = 2");
  EXPECT_EQ(check_ledger(path_, "1"), std::vector<std::string>{});
}

}  // namespace
