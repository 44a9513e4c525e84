#include "storage/sqlite/billing/reports.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "storage/sqlite/billing/adjustments.h"
#include "storage/sqlite/billing/alike_tasks.h"
#include "storage/sqlite/billing/closing_chain.h"
#include "storage/sqlite/billing/period_books.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"

namespace storage {
namespace {

constexpr int kCacheKib = 16 * 1024;  // tasks lie in another order than that of their end

// A frozen line or an adjustment has its charge; a task gets its charges when it is visited.
struct Item {
  core::OwnedLine line;
  bool priced = false;
  std::size_t order = 0;
};

// Items in their order, on their way from the thread that reads the ledger to the one that visits.
class Batch {
 public:
  static constexpr std::size_t kItems = 512;

  Item& add() {
    if (count_ == items_.size()) {
      items_.emplace_back();
    }
    Item& item = items_[count_];
    item.order = count_++;
    return item;
  }
  // What was added since the last call is of one instant.
  void end_instant() {
    const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(sorted_);
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(count_);
    if (count_ - sorted_ > 1) {
      std::sort(begin, end, [](const Item& left, const Item& right) {
        return std::tie(left.line.task.task_id, left.line.task.account, left.order) <
               std::tie(right.line.task.task_id, right.line.task.account, right.order);
      });
    }
    sorted_ = count_;
  }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] Item& item(std::size_t index) { return items_[index]; }
  void clear() { count_ = sorted_ = 0; }

 private:
  std::vector<Item> items_;  // kept, so that their texts keep their room
  std::size_t count_ = 0;
  std::size_t sorted_ = 0;
};

// A few batches that go round between two threads.
class BatchRing {
 public:
  BatchRing() {
    for (Batch& batch : batches_) {
      empty_.push_back(&batch);
    }
  }

  // The reading thread. Null: nobody wants more.
  Batch* take_empty() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || !empty_.empty(); });
    if (stopped_) {
      return nullptr;
    }
    Batch* batch = empty_.front();
    empty_.pop_front();
    return batch;
  }
  void give_full(Batch* batch) {
    const std::lock_guard lock(mutex_);
    full_.push_back(batch);
    changed_.notify_all();
  }
  // No more follows; with a failure the visiting thread gets it once it has visited the rest.
  void end(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    failure_ = std::move(failure);
    changed_.notify_all();
  }

  // The visiting thread. Null: the end.
  Batch* take_full() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || !full_.empty(); });
    if (full_.empty()) {
      if (failure_) {
        std::rethrow_exception(failure_);
      }
      return nullptr;
    }
    Batch* batch = full_.front();
    full_.pop_front();
    return batch;
  }
  void give_empty(Batch* batch) {
    batch->clear();
    const std::lock_guard lock(mutex_);
    empty_.push_back(batch);
    changed_.notify_all();
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  static constexpr std::size_t kBatches = 4;
  std::array<Batch, kBatches> batches_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch*> empty_;
  std::deque<Batch*> full_;
  bool ended_ = false;
  bool stopped_ = false;
  std::exception_ptr failure_;
};

// The three sources of lines.
struct Sources {
  FinishedTasks tasks;
  FrozenLines frozen;
  const std::vector<core::OwnedLine>& adjustments;
  std::size_t next_adjustment = 0;

  [[nodiscard]] std::optional<core::UtcTime> next_time() const {
    std::optional<core::UtcTime> next;
    const auto consider = [&next](core::UtcTime time) {
      next = std::min(time, next.value_or(time));
    };
    if (!tasks.at_end()) consider(tasks.time());
    if (!frozen.at_end()) consider(frozen.time());
    if (next_adjustment < adjustments.size()) consider(adjustments[next_adjustment].task.billed_at);
    return next;
  }

  // `closed`: a task that came late for a closed period is among the adjustments.
  void take(core::UtcTime time, bool closed, Batch& batch) {
    while (!frozen.at_end() && frozen.time() == time) {
      Item& item = batch.add();
      item.priced = true;
      frozen.take(item.line);
    }
    for (; next_adjustment < adjustments.size() &&
           adjustments[next_adjustment].task.billed_at == time;
         ++next_adjustment) {
      Item& item = batch.add();
      item.priced = true;
      item.line = adjustments[next_adjustment];
    }
    core::FinishedTask late;
    while (!tasks.at_end() && tasks.time() == time) {
      if (closed) {
        tasks.take(late);
        continue;
      }
      Item& item = batch.add();
      item.priced = false;
      tasks.take(item.line.task);
    }
  }
};

// Reads everything into the ring.
void read_lines(Sources& sources, const std::vector<ClosedPeriod>& closed, BatchRing& ring) {
  Batch* batch = ring.take_empty();
  while (batch != nullptr) {
    const auto time = sources.next_time();
    if (!time) {
      ring.give_full(batch);
      return;
    }
    sources.take(*time, closed_period_at(closed, *time) != nullptr, *batch);
    batch->end_instant();
    if (batch->size() >= Batch::kItems) {
      ring.give_full(batch);
      batch = ring.take_empty();
    }
  }
}

void visit_item(Item& item, const core::Pricing& pricing, const core::TimeZone& zone,
                const std::function<void(const core::ReportLine&)>& visit) {
  if (item.priced) {
    core::round_cost(item.line.charge, pricing.round_places);
    visit(item.line.view());
    return;
  }
  const core::FinishedTask& task = item.line.task;
  for (const core::Charge& charge : core::charges_of(task, pricing, zone)) {
    visit({.task = task, .charge = charge});
  }
}

// What frozen lines are read by: none for a report that shows tasks as they are now.
ReportQuery frozen_part(const ReportQuery& query, const std::vector<ClosedPeriod>& closed) {
  ReportQuery part = query;
  if (closed.empty()) {
    part.end = part.begin;
  }
  return part;
}

// Joins the reading thread, whatever ends the visits.
class ReadingThread {
 public:
  ReadingThread(Sources& sources, const std::vector<ClosedPeriod>& closed, BatchRing& ring)
      : ring_(ring), thread_([&sources, &closed, &ring] {
          try {
            read_lines(sources, closed, ring);
            ring.end(nullptr);
          } catch (...) {
            ring.end(std::current_exception());
          }
        }) {}
  ~ReadingThread() {
    ring_.stop();
    thread_.join();
  }
  ReadingThread(const ReadingThread&) = delete;
  ReadingThread& operator=(const ReadingThread&) = delete;

 private:
  BatchRing& ring_;
  std::thread thread_;
};

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

}  // namespace

struct Reports::Connection {
  explicit Connection(const std::string& ledger)
      : path(ledger), database(open_for_reading(ledger)), twin(open_for_reading(ledger)) {
    require_schema(*database, path, embedded_migrations());
    with_ledger_errors(path, "read", [&] {
      for (const auto& one : {database.get(), twin.get()}) {
        one->exec("PRAGMA cache_size = " + std::to_string(-kCacheKib));
      }
      // One transaction for all reads: rows, totals and counts are of one state.
      if (!begin_reading(*database, *twin)) {
        twin.reset();
      }
      closed = read_closed_periods(*database);
    });
  }
  // Those that matter to a report.
  [[nodiscard]] const std::vector<ClosedPeriod>& closed_for(const ReportQuery& query) const {
    static const std::vector<ClosedPeriod> kNone;
    return query.time == ReportTime::finish ? closed : kNone;
  }

  // Found once for the labels and the lines of a report.
  [[nodiscard]] const std::vector<core::OwnedLine>& adjustments_for(const ReportQuery& query) {
    static const std::vector<core::OwnedLine> kNone;
    if (is_closed_throughout(closed_for(query), query.begin, query.end)) {
      return kNone;
    }
    if (adjusted_query != query) {
      adjustments = find_adjustments(*database, closed_for(query), query);
      adjusted_query = query;
    }
    return adjustments;
  }

  std::string path;
  std::unique_ptr<SQLite::Database> database;
  std::unique_ptr<SQLite::Database> twin;  // null: a run commits all the time
  std::vector<ClosedPeriod> closed;
  std::optional<ReportQuery> adjusted_query;
  std::vector<core::OwnedLine> adjustments;  // of that query
};

Reports::Reports(const std::string& path) : connection_(std::make_unique<Connection>(path)) {}
Reports::~Reports() = default;

const std::vector<ClosedPeriod>& Reports::closed_periods() const { return connection_->closed; }

void Reports::each_line(const ReportQuery& query, const core::Pricing& pricing,
                        const core::TimeZone& zone,
                        const std::function<void(const core::ReportLine&)>& visit) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "read", [&] {
    const std::vector<ClosedPeriod>& closed = c.closed_for(query);
    Sources sources{.tasks = FinishedTasks(*c.database, query, !closed.empty()),
                    .frozen = FrozenLines(*c.database, frozen_part(query, closed)),
                    .adjustments = c.adjustments_for(query)};
    // SQLite and what becomes of the lines take about the same time: a thread for each.
    BatchRing ring;
    const ReadingThread reading(sources, closed, ring);
    while (Batch* batch = ring.take_full()) {
      for (std::size_t i = 0; i < batch->size(); ++i) {
        visit_item(batch->item(i), pricing, zone, visit);
      }
      ring.give_empty(batch);
    }
  });
}

void Reports::sum_lines(const ReportQuery& query, const core::Pricing& pricing,
                        const core::TimeZone& zone,
                        const std::function<void(const core::ReportLine&, std::int64_t)>& visit) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "read", [&] {
    const std::vector<ClosedPeriod>& closed = c.closed_for(query);
    const auto visit_owned = [&](core::OwnedLine& line) {
      core::round_cost(line.charge, pricing.round_places);
      visit(line.view(), 1);
    };
    for (core::OwnedLine line : c.adjustments_for(query)) {
      visit_owned(line);
    }
    core::OwnedLine line;
    for (FrozenLines frozen(*c.database, frozen_part(query, closed)); !frozen.at_end();) {
      frozen.take(line);
      visit_owned(line);
    }
    each_kind_of_task({.first = *c.database, .second = c.twin.get()}, query, closed, zone,
                      [&](const core::FinishedTask& task, std::int64_t count) {
                        for (const core::Charge& charge : core::charges_of(task, pricing, zone)) {
                          visit({.task = task, .charge = charge}, count);
                        }
                      });
  });
}

std::vector<std::string> Reports::label_names(const ReportQuery& query) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    std::set<std::string> names;
    const std::vector<ClosedPeriod>& closed = c.closed_for(query);
    add_label_names(
        *c.database, query, !closed.empty(),
        [&closed](core::UtcTime time) { return closed_period_at(closed, time) != nullptr; }, names);
    if (!closed.empty()) {
      add_frozen_label_names(*c.database, query, names);
      for (const core::OwnedLine& line : c.adjustments_for(query)) {
        for (const auto& [name, value] : line.task.labels) {
          names.insert(name);
        }
      }
    }
    return std::vector<std::string>(names.begin(), names.end());
  });
}

OpenTasks Reports::open_tasks(const ReportQuery& query) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    const auto count = [&](const std::string& state_and_index) {
      Cursor row(*c.database,
                 "SELECT count(*) FROM task INDEXED BY " + state_and_index +
                     " AND ifnull(submit_time, first_seen) >= ?1 AND "
                     "ifnull(submit_time, first_seen) < ?2 AND "
                     "id NOT IN (SELECT task FROM forgotten)" +
                     account_condition(query, "account"),
                 {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count()});
      row.step();
      return static_cast<std::uint64_t>(row.integer(0));
    };
    return OpenTasks{.unfinished = count("task_unfinished WHERE state = 0"),
                     .missing = count("task_missing WHERE state = 3")};
  });
}

FutureTasks Reports::future_tasks(const ReportQuery& query) {
  constexpr std::int64_t kClocksDifferMs = 300'000;
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    FutureTasks future;
    Cursor rows(*c.database,
                "SELECT task_id, finish_time FROM task INDEXED BY task_by_finish WHERE state IN "
                "(1, 2) AND finish_time > ?1 + ifnull((SELECT observed_at FROM snapshot "
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

std::set<std::int64_t> Reports::corrected_periods(const ReportQuery& query) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    std::set<std::int64_t> keys;
    for (const core::OwnedLine& line : c.adjustments_for(query)) {
      keys.insert(line.incurred_in);
    }
    return keys;
  });
}

std::vector<std::string> Reports::closing_faults(const ReportQuery& query) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    const bool frozen = is_closed_throughout(c.closed, query.begin, query.end);
    std::vector<std::string> faults =
        lost_closings(*c.database, frozen ? query.begin : core::UtcTime::min(),
                      frozen ? query.end : core::UtcTime::max());
    for (std::string& fault : broken_links(*c.database)) {
      faults.push_back(std::move(fault));
    }
    const std::set<std::int64_t> corrected = corrected_periods(query);
    for (const ClosedPeriod& closed : c.closed) {
      if (corrected.contains(closed.key) && !lines_have_their_prices(*c.database, closed.key)) {
        faults.push_back("closed period " + closed.period.name +
                         ": its price book has not the prices of its lines");
      }
    }
    return faults;
  });
}

std::vector<TaskName> Reports::written_off(const ClosedPeriod& closed) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    std::vector<TaskName> tasks;
    Cursor rows(*c.database,
                "SELECT a.name, t.task_id FROM written_off AS w JOIN task AS t ON t.id = w.task "
                "JOIN account AS a ON a.id = t.account WHERE w.period = ?1 ORDER BY w.task",
                {closed.key});
    while (rows.step()) {
      tasks.push_back({std::string(rows.text(0)), std::string(rows.text(1))});
    }
    return tasks;
  });
}

std::int64_t Reports::unpriced_lines(const ClosedPeriod& closed) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    Cursor row(*c.database,
               "SELECT count(*) FROM report_line WHERE billed_at >= ?1 AND billed_at < ?2 AND "
               "cost IS NULL AND NOT reversal",
               {closed.period.begin.time_since_epoch().count(),
                closed.period.end.time_since_epoch().count()});
    row.step();
    return row.integer(0);
  });
}

std::map<std::string, std::int64_t> Reports::accounts() {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    std::map<std::string, std::int64_t> accounts;
    Cursor rows(*c.database, "SELECT name, id FROM account", {});
    while (rows.step()) {
      accounts.emplace(rows.text(0), rows.integer(1));
    }
    return accounts;
  });
}

int Reports::schema_version() const { return embedded_migrations().back().number; }

}  // namespace storage
