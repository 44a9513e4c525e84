#include "storage/sqlite/billing/sqlite_billing_source.h"

#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include "storage/sqlite/billing/answered_tasks.h"
#include "storage/sqlite/billing/closing.h"
#include "storage/sqlite/billing/closing_chain.h"
#include "storage/sqlite/billing/finished_tasks.h"
#include "storage/sqlite/billing/grouped_tasks.h"
#include "storage/sqlite/billing/period_blockers.h"
#include "storage/sqlite/billing/period_books.h"
#include "storage/sqlite/billing/report_lines.h"
#include "storage/sqlite/billing/shared_tasks.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/stored_numbers.h"
#include "storage/sqlite/task_rules.h"

namespace storage {
namespace {

constexpr int kCacheKib = 16 * 1024;  // tasks lie in another order than that of their end
constexpr const char* kReading = "read";

using core::ClosedPeriod;
using core::ReportQuery;

// A transaction that sees the ledger as it is now.
void begin_reading(SQLite::Database& database) {
  database.exec("BEGIN");
  database.execAndGet("SELECT count(*) FROM period");
}

// Two connections that see one state of the ledger, for two threads. No run may commit between
// their first reads, which the second one's data_version tells (sqlite.org/pragma.html); false when
// that could not be had, and the first one alone reads.
bool begin_reading(SQLite::Database& first, SQLite::Database& second) {
  const auto version = [&second] { return second.execAndGet("PRAGMA data_version").getInt(); };
  constexpr int kTries = 3;
  for (int i = 1;; ++i) {
    const int before = version();
    begin_reading(first);
    begin_reading(second);
    if (version() == before) {
      return true;
    }
    second.exec("ROLLBACK");
    if (i == kTries) {
      return false;
    }
    first.exec("ROLLBACK");
  }
}

// FinishedTasks or FrozenLines as the interface has them.
template <typename Rows, typename Item>
class RowCursor final : public core::TimeCursor<Item> {
 public:
  template <typename... Arguments>
  explicit RowCursor(const std::string& path, Arguments&&... arguments)
      : path_(path), rows_(std::forward<Arguments>(arguments)...) {}

  [[nodiscard]] bool at_end() const override { return rows_.at_end(); }
  [[nodiscard]] core::UtcTime time() const override {
    assert(!rows_.at_end());
    return rows_.time();
  }
  void take(Item& item) override {
    assert(!rows_.at_end());
    with_ledger_errors(path_, kReading, [&] { rows_.take(item); });
  }

 private:
  const std::string& path_;
  Rows rows_;
};

class GroupRows final : public core::GroupCursor {
 public:
  GroupRows(const std::string& path, GroupReader& reader, const core::TaskSlice& slice,
            bool unfrozen_only)
      : path_(path), tasks_(reader, slice, unfrozen_only) {}

  bool step() override {
    return with_ledger_errors(path_, kReading, [&] { return tasks_.step(); });
  }
  [[nodiscard]] core::UtcTime time() const override { return tasks_.time(); }
  void append_key(std::string& key) const override { tasks_.append_key(key); }
  [[nodiscard]] core::FinishedTask task() override { return tasks_.task(); }

 private:
  const std::string& path_;
  GroupedTasks tasks_;
};

class SqliteBillingSource final : public core::BillingSource {
 public:
  explicit SqliteBillingSource(const std::string& path);

  const std::vector<ClosedPeriod>& closed_periods() override;
  std::map<std::string, std::int64_t> accounts() override;
  int schema_version() const override { return embedded_migrations().back().number; }
  std::unique_ptr<core::TaskCursor> finished_tasks(const ReportQuery& query,
                                                   bool unfrozen_only) override;
  std::size_t group_readers() const override { return twin_ ? 2 : 1; }
  std::vector<core::TaskSlice> slices(const ReportQuery& query) override;
  std::unique_ptr<core::GroupCursor> grouped_tasks(const core::TaskSlice& slice, bool unfrozen_only,
                                                   std::size_t reader) override;
  void add_task_label_names(const ReportQuery& query, bool unfrozen_only,
                            const std::function<bool(core::UtcTime)>& skip,
                            std::set<std::string>& names) override;
  std::unique_ptr<core::LineCursor> frozen_lines(const ReportQuery& query) override;
  void add_frozen_label_names(const ReportQuery& query, std::set<std::string>& names) override;
  std::vector<std::int64_t> answered_since(const std::vector<const ClosedPeriod*>& periods,
                                           const ReportQuery& query) override;
  std::vector<std::int64_t> tasks_ruled_by(const ClosedPeriod& closed,
                                           const ReportQuery& query) override;
  bool find_task(std::int64_t key, core::FinishedTask& task) override;
  std::vector<core::OwnedLine> standing_lines(std::int64_t task) override;
  std::int64_t revisions(std::int64_t task, std::int64_t snapshot, core::LineKind kind) override;
  std::vector<std::string> closing_findings(core::UtcTime begin, core::UtcTime end,
                                            const std::set<std::int64_t>& corrected) override;
  std::vector<core::TaskName> written_off(const ClosedPeriod& closed) override;
  std::int64_t unpriced_lines(const ClosedPeriod& closed, core::LineScope scope) override;
  core::OpenTasks open_tasks(const ReportQuery& query) override;
  core::FutureTasks future_tasks(const ReportQuery& query) override;
  core::PeriodBlockers blockers(const core::Period& period, core::UtcTime stale_before) override;
  std::vector<core::SharedTasks> shared_tasks(core::SharedTaskScope scope) override;
  std::unique_ptr<core::PeriodWriter> close(const ClosedPeriod& period,
                                            core::UtcTime now) override {
    return begin_closing(path_, period, now);
  }
  void reprice(const ClosedPeriod& closed, const std::string& prices, core::UtcTime now) override {
    record_repricing(path_, closed, prices, now);
  }

 private:
  template <typename Body>
  auto reading(Body&& body) {
    return with_ledger_errors(path_, kReading, std::forward<Body>(body));
  }

  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<SQLite::Database> twin_;  // null: a run commits all the time
  std::optional<std::vector<ClosedPeriod>> closed_;
  std::array<std::optional<GroupReader>, 2> group_readers_;
  std::optional<FinishedTaskByKey> task_by_key_;
  std::optional<StandingLines> standing_;
};

SqliteBillingSource::SqliteBillingSource(const std::string& path)
    : path_(path), database_(open_for_reading(path)), twin_(open_for_reading(path)) {
  require_schema(*database_, path_, embedded_migrations());
  reading([&] {
    for (const auto& one : {database_.get(), twin_.get()}) {
      one->exec("PRAGMA cache_size = " + std::to_string(-kCacheKib));
    }
    // One transaction for all reads: rows, totals and counts are of one state.
    if (!begin_reading(*database_, *twin_)) {
      twin_.reset();
    }
  });
}

const std::vector<ClosedPeriod>& SqliteBillingSource::closed_periods() {
  if (!closed_) {
    closed_ = reading([&] { return read_closed_periods(*database_); });
  }
  return *closed_;
}

std::map<std::string, std::int64_t> SqliteBillingSource::accounts() {
  return reading([&] {
    std::map<std::string, std::int64_t> accounts;
    Cursor rows(*database_, "SELECT name, id FROM account", {});
    while (rows.step()) {
      accounts.emplace(rows.text(0), rows.integer(1));
    }
    return accounts;
  });
}

std::unique_ptr<core::TaskCursor> SqliteBillingSource::finished_tasks(const ReportQuery& query,
                                                                      bool unfrozen_only) {
  return reading([&] {
    return std::make_unique<RowCursor<FinishedTasks, core::FinishedTask>>(path_, *database_, query,
                                                                          unfrozen_only);
  });
}

std::vector<core::TaskSlice> SqliteBillingSource::slices(const ReportQuery& query) {
  return reading([&] { return slices_of(*database_, query); });
}

std::unique_ptr<core::GroupCursor> SqliteBillingSource::grouped_tasks(const core::TaskSlice& slice,
                                                                      bool unfrozen_only,
                                                                      std::size_t reader) {
  assert(reader < group_readers());
  return reading([&] {
    std::optional<GroupReader>& from = group_readers_.at(reader);
    if (!from) {
      from.emplace(reader == 0 ? *database_ : *twin_);
    }
    return std::make_unique<GroupRows>(path_, *from, slice, unfrozen_only);
  });
}

void SqliteBillingSource::add_task_label_names(const ReportQuery& query, bool unfrozen_only,
                                               const std::function<bool(core::UtcTime)>& skip,
                                               std::set<std::string>& names) {
  reading([&] { add_label_names(*database_, query, unfrozen_only, skip, names); });
}

std::unique_ptr<core::LineCursor> SqliteBillingSource::frozen_lines(const ReportQuery& query) {
  return reading([&] {
    return std::make_unique<RowCursor<FrozenLines, core::OwnedLine>>(path_, *database_, query);
  });
}

void SqliteBillingSource::add_frozen_label_names(const ReportQuery& query,
                                                 std::set<std::string>& names) {
  reading([&] { storage::add_frozen_label_names(*database_, query, names); });
}

std::vector<std::int64_t> SqliteBillingSource::answered_since(
    const std::vector<const ClosedPeriod*>& periods, const ReportQuery& query) {
  assert(!periods.empty());
  return reading([&] { return tasks_answered_since(*database_, periods, query); });
}

std::vector<std::int64_t> SqliteBillingSource::tasks_ruled_by(const ClosedPeriod& closed,
                                                              const ReportQuery& query) {
  return reading([&] { return storage::tasks_ruled_by(*database_, closed, query); });
}

bool SqliteBillingSource::find_task(std::int64_t key, core::FinishedTask& task) {
  return reading([&] {
    if (!task_by_key_) {
      task_by_key_.emplace(*database_);
    }
    return task_by_key_->find(key, task);
  });
}

std::vector<core::OwnedLine> SqliteBillingSource::standing_lines(std::int64_t task) {
  return reading([&] {
    if (!standing_) {
      standing_.emplace(*database_);
    }
    return standing_->of(task);
  });
}

std::int64_t SqliteBillingSource::revisions(std::int64_t task, std::int64_t snapshot,
                                            core::LineKind kind) {
  return reading([&] {
    if (!standing_) {
      standing_.emplace(*database_);
    }
    return standing_->revisions(task, snapshot, kind);
  });
}

std::vector<std::string> SqliteBillingSource::closing_findings(
    core::UtcTime begin, core::UtcTime end, const std::set<std::int64_t>& corrected) {
  return reading([&] {
    std::vector<std::string> findings = lost_closings(*database_, begin, end);
    for (std::string& finding : broken_links(*database_)) {
      findings.push_back(std::move(finding));
    }
    for (const ClosedPeriod& closed : closed_periods()) {
      if (corrected.contains(closed.key) && !lines_have_their_prices(*database_, closed.key)) {
        findings.push_back("closed period " + closed.period.name +
                           ": its price book has not the prices of its lines");
      }
    }
    return findings;
  });
}

std::vector<core::TaskName> SqliteBillingSource::written_off(const ClosedPeriod& closed) {
  return reading([&] {
    std::vector<core::TaskName> tasks;
    Cursor rows(*database_,
                "SELECT a.name, t.task_id FROM written_off AS w JOIN task AS t ON t.id = w.task "
                "JOIN account AS a ON a.id = t.account WHERE w.period = ?1 ORDER BY w.task",
                {closed.key});
    while (rows.step()) {
      tasks.push_back({std::string(rows.text(0)), std::string(rows.text(1))});
    }
    return tasks;
  });
}

std::int64_t SqliteBillingSource::unpriced_lines(const ClosedPeriod& closed,
                                                 core::LineScope scope) {
  return reading([&] {
    Cursor row = scope == core::LineScope::shown
                     ? Cursor(*database_,
                              "SELECT count(*) FROM report_line WHERE billed_at >= ?1 AND "
                              "billed_at < ?2 AND cost IS NULL AND NOT reversal",
                              {closed.period.begin.time_since_epoch().count(),
                               closed.period.end.time_since_epoch().count()})
                     : Cursor(*database_,
                              "SELECT count(*) FROM report_line AS l WHERE l.incurred = ?1 AND "
                              "l.cost IS NULL AND NOT l.reversal AND NOT EXISTS (SELECT 1 FROM "
                              "report_line AS r WHERE r.task = l.task AND r.reversal AND "
                              "r.adjusts = l.line_id)",
                              {closed.key});
    row.step();
    return row.integer(0);
  });
}

core::OpenTasks SqliteBillingSource::open_tasks(const ReportQuery& query) {
  return reading([&] {
    const auto count = [&](const std::string& index, core::TaskState state) {
      Cursor row(*database_,
                 "SELECT count(*) FROM task AS t INDEXED BY " + index + " WHERE t.state = " +
                     sql_number(state) + " AND " + kTaskSince + " >= ?1 AND " + kTaskSince +
                     " < ?2 AND t.id NOT IN (SELECT task FROM forgotten)" +
                     account_condition(query, "t.account"),
                 {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count()});
      row.step();
      return static_cast<std::uint64_t>(row.integer(0));
    };
    return core::OpenTasks{.unfinished = count("task_unfinished", core::TaskState::unfinished),
                           .missing = count("task_missing", core::TaskState::missing)};
  });
}

core::FutureTasks SqliteBillingSource::future_tasks(const ReportQuery& query) {
  constexpr std::int64_t kClocksDifferMs = 300'000;
  return reading([&] {
    core::FutureTasks future;
    Cursor rows(*database_,
                "SELECT task_id, finish_time FROM task INDEXED BY task_by_finish WHERE state " +
                    sql_in_finished_states() +
                    " AND finish_time > ?1 + ifnull((SELECT observed_at FROM snapshot "
                    "ORDER BY id DESC LIMIT 1), 9e15)" +
                    account_condition(query, "account") + " ORDER BY finish_time",
                {kClocksDifferMs});
    while (rows.step()) {
      ++future.tasks;
      future.task_id = rows.text(0);
      future.latest = *rows.time(1);
    }
    return future;
  });
}

core::PeriodBlockers SqliteBillingSource::blockers(const core::Period& period,
                                                   core::UtcTime stale_before) {
  return reading([&] { return find_period_blockers(*database_, period, stale_before); });
}

std::vector<core::SharedTasks> SqliteBillingSource::shared_tasks(core::SharedTaskScope scope) {
  return reading([&] { return find_shared_tasks(*database_, scope); });
}

}  // namespace

std::unique_ptr<core::BillingSource> open_sqlite_billing(const std::string& path) {
  return std::make_unique<SqliteBillingSource>(path);
}

}  // namespace storage
