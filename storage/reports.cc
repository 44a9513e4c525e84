#include "storage/reports.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <tuple>

#include "storage/adjustments.h"
#include "storage/database.h"
#include "storage/migrations.h"
#include "storage/statement.h"

namespace storage {
namespace {

constexpr int kCacheKib = 32 * 1024;  // tasks lie in another order than that of their end

// Collects what is billed at one instant, and visits it in order when the instant is over.
class Instant {
 public:
  // A frozen line or an adjustment has its charge, a task gets its charges when it is visited.
  struct Item {
    core::OwnedLine line;
    bool priced = false;
    std::size_t order = 0;
  };

  Instant(const core::Pricing& pricing, const core::TimeZone& zone,
          const std::function<void(const core::ReportLine&)>& visit)
      : pricing_(pricing), zone_(zone), visit_(visit) {}

  Item& add() {
    if (count_ == items_.size()) {
      items_.emplace_back();
    }
    Item& item = items_[count_];
    item.order = count_++;
    return item;
  }

  void flush() {
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(count_);
    std::sort(items_.begin(), end, [](const Item& left, const Item& right) {
      return std::tie(left.line.task.task_id, left.line.task.account, left.order) <
             std::tie(right.line.task.task_id, right.line.task.account, right.order);
    });
    std::for_each(items_.begin(), end, [this](Item& item) { visit(item); });
    count_ = 0;
  }

 private:
  void visit(Item& item) const {
    if (item.priced) {
      core::round_cost(item.line.charge, pricing_.round_places);
      visit_(item.line.view());
      return;
    }
    const core::FinishedTask& task = item.line.task;
    for (const core::Charge& charge : core::charges_of(task, pricing_, zone_)) {
      visit_({.task = task, .charge = charge});
    }
  }

  const core::Pricing& pricing_;
  const core::TimeZone& zone_;
  const std::function<void(const core::ReportLine&)>& visit_;
  std::vector<Item> items_;  // kept, so that their texts keep their room
  std::size_t count_ = 0;
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
  void take(core::UtcTime time, bool closed, Instant& instant) {
    while (!frozen.at_end() && frozen.time() == time) {
      Instant::Item& item = instant.add();
      item.priced = true;
      frozen.take(item.line);
    }
    for (; next_adjustment < adjustments.size() &&
           adjustments[next_adjustment].task.billed_at == time;
         ++next_adjustment) {
      Instant::Item& item = instant.add();
      item.priced = true;
      item.line = adjustments[next_adjustment];
    }
    core::FinishedTask late;
    while (!tasks.at_end() && tasks.time() == time) {
      if (closed) {
        tasks.take(late);
        continue;
      }
      Instant::Item& item = instant.add();
      item.priced = false;
      tasks.take(item.line.task);
    }
  }
};

}  // namespace

struct Reports::Connection {
  explicit Connection(const std::string& ledger)
      : path(ledger), database(open_for_reading(ledger)) {
    require_schema(*database, path, embedded_migrations());
    with_ledger_errors(path, "read", [&] {
      database->exec("PRAGMA cache_size = " + std::to_string(-kCacheKib));
      // One transaction for all reads: rows, totals and counts are of one state.
      database->exec("BEGIN");
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
    if (adjusted_query != query) {
      adjustments = find_adjustments(*database, closed_for(query), query);
      adjusted_query = query;
    }
    return adjustments;
  }

  std::string path;
  std::unique_ptr<SQLite::Database> database;
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
    ReportQuery frozen = query;
    if (closed.empty()) {
      frozen.end = frozen.begin;  // none
    }
    Sources sources{.tasks = FinishedTasks(*c.database, query, !closed.empty()),
                    .frozen = FrozenLines(*c.database, frozen),
                    .adjustments = c.adjustments_for(query)};
    Instant instant(pricing, zone, visit);
    while (const auto time = sources.next_time()) {
      sources.take(*time, closed_period_at(closed, *time) != nullptr, instant);
      instant.flush();
    }
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

OpenTasks Reports::open_tasks(core::UtcTime begin, core::UtcTime end) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    Statement select_counts(*c.database,
                            "SELECT ifnull(sum(state = 0), 0), ifnull(sum(state = 3), 0) FROM task "
                            "WHERE state IN (0, 3) AND ifnull(submit_time, first_seen) >= ? AND "
                            "ifnull(submit_time, first_seen) < ?");
    select_counts.bind(1, std::int64_t{begin.time_since_epoch().count()});
    select_counts.bind(2, std::int64_t{end.time_since_epoch().count()});
    OpenTasks open;
    if (select_counts.step()) {
      open.unfinished = static_cast<std::uint64_t>(select_counts.integer(0));
      open.missing = static_cast<std::uint64_t>(select_counts.integer(1));
    }
    return open;
  });
}

int Reports::schema_version() const { return embedded_migrations().back().number; }

}  // namespace storage
