#include "storage/statements/task_rules.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/domain/lifecycle.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"
#include "storage/statements/dialect.h"
#include "tests/support/temp_dir.h"

namespace {

using core::UtcTime;
using std::chrono::milliseconds;

const UtcTime kStaleBefore{milliseconds(1'780'286'400'000)};

struct Task {
  core::TaskState state = core::TaskState::unfinished;
  UtcTime first_seen{};
  std::optional<UtcTime> submit_time;
  bool is_unsettled = false;
  bool is_forgotten = false;
};

// The rules in SQL say of each row what those of core/domain say of its task: times that are equal
// to the boundary, or a millisecond beside it, or none.
class TaskRulesTest : public testing::Test {
 protected:
  static constexpr int kTasks = 400;  // five times as many as there are kinds

  TaskRulesTest() {
    storage::migrate(*database_, path_, storage::embedded_schema(), UtcTime{}, false);
    storage::Transaction transaction(*database_, storage::Transaction::Kind::writing);
    database_->exec("INSERT INTO account (name) VALUES ('default')");
    std::mt19937 random(20261127);
    const auto pick = [&random](int below) {
      return std::uniform_int_distribution<int>(0, below - 1)(random);
    };
    for (int key = 1; key <= kTasks; ++key) {
      Task task{.state = static_cast<core::TaskState>(pick(4)),
                .first_seen = kStaleBefore + milliseconds(pick(3) - 1)};
      if (pick(4) != 0) {
        task.submit_time = kStaleBefore + milliseconds(pick(3) - 1);
      }
      task.is_unsettled = pick(4) == 0 && task.state != core::TaskState::unfinished;
      task.is_forgotten = pick(4) == 0 && !task.is_unsettled;
      add(key, task);
    }
    transaction.commit();
  }
  void add(int key, const Task& task) {
    storage::Statement row(*database_,
                           "INSERT INTO task (id, account, task_id, state, first_seen, "
                           "submit_time) VALUES (?1, 1, ?1, ?2, ?3, ?4)");
    row.bind(1, std::int64_t{key});
    row.bind(2, static_cast<std::int64_t>(task.state));
    row.bind_time(3, task.first_seen);
    row.bind_time(4, task.submit_time);
    row.run();
    const std::string id = std::to_string(key);
    if (task.is_unsettled) {
      database_->exec("INSERT INTO unsettled (task, settles_at) VALUES (" + id + ", 0)");
    }
    if (task.is_forgotten) {
      database_->exec("INSERT INTO forgotten (task, forgotten_at) VALUES (" + id + ", 0)");
    }
    tasks_.emplace(key, task);
  }
  // The keys that a select gives; its last parameters are those of task_rules.h.
  std::vector<std::int64_t> keys(const std::string& sql) {
    storage::Statement rows(*database_, storage::in_dialect(sql, storage::Dialect::sqlite).c_str());
    rows.bind_time(2, kStaleBefore);
    rows.bind(1, std::int64_t{1});
    std::vector<std::int64_t> keys;
    while (rows.step()) {
      keys.push_back(rows.integer(0));
    }
    return keys;
  }
  template <typename Rule>
  std::vector<std::int64_t> keys_by(Rule rule) {
    std::vector<std::int64_t> keys;
    for (const auto& [key, task] : tasks_) {
      if (rule(task)) {
        keys.push_back(key);
      }
    }
    EXPECT_GT(keys.size(), std::size_t{kTasks / 20});
    EXPECT_LT(keys.size(), std::size_t{kTasks});
    return keys;
  }
  static bool is_stale(const Task& task) {
    return core::is_stale(task.submit_time, task.first_seen, kStaleBefore);
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  std::unique_ptr<SQLite::Database> database_ = storage::open_for_writing(path_);
  std::map<std::int64_t, Task> tasks_;
};

TEST_F(TaskRulesTest, StaleIsTheSameInSqlAsInTheRule) {
  EXPECT_EQ(keys("SELECT id FROM task AS t WHERE t.account = $1 AND " + storage::kIsStale +
                 " ORDER BY id"),
            keys_by(is_stale));
}

TEST_F(TaskRulesTest, OpenIsWhatIsUnfinishedAndNotForgotten) {
  EXPECT_EQ(keys("SELECT id FROM task AS t WHERE t.account = $1 AND $2 AND " + storage::kIsOpen +
                 " ORDER BY id"),
            keys_by([](const Task& task) {
              return task.state == core::TaskState::unfinished && !task.is_forgotten;
            }));
}

TEST_F(TaskRulesTest, PendingIsWhatAListAsksAboutButForStaleAndForgottenTasks) {
  EXPECT_EQ(keys("SELECT DISTINCT task FROM (" + storage::kPendingTasks +
                 ") WHERE settled = 0 ORDER BY task"),
            keys_by([](const Task& task) {
              const bool is_left_out = task.state == core::TaskState::unfinished && is_stale(task);
              return !is_left_out && !task.is_forgotten &&
                     core::is_to_be_asked({.state = task.state, .is_unsettled = task.is_unsettled},
                                          false);
            }));
}

}  // namespace
