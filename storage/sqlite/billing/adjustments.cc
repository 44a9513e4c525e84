#include "storage/sqlite/billing/adjustments.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "core/billing/price_book.h"

namespace storage {
namespace {

// A closed period whose adjustments belong into the report.
struct Adjusted {
  const ClosedPeriod* closed;
  core::UtcTime at;
  core::TimeZone zone;
  std::optional<core::PriceBook> prices;
};

std::vector<Adjusted> adjusted_periods(const std::vector<ClosedPeriod>& closed,
                                       const ReportQuery& query) {
  std::vector<Adjusted> adjusted;
  for (const ClosedPeriod& period : closed) {
    const core::UtcTime at = adjusting_period(period, closed).begin;
    if (at < query.begin || at >= query.end) {
      continue;
    }
    Adjusted& one =
        adjusted.emplace_back(Adjusted{&period, at, core::TimeZone(period.zone), std::nullopt});
    if (const auto& prices = period.ruling_prices()) {
      one.prices = core::PriceBook::parse(*prices, "of the closed period");
    }
  }
  return adjusted;
}

// Tasks with a final answer that no closed period knows, and that may belong to one: most have
// neither a frozen line nor a finish time in its reach.
void add_tasks_answered_since(SQLite::Database& database, const std::vector<Adjusted>& adjusted,
                              const ReportQuery& query, std::vector<std::int64_t>& tasks) {
  std::int64_t checked_to = std::numeric_limits<std::int64_t>::max();
  core::UtcTime begin = core::UtcTime::max();
  core::UtcTime end = core::UtcTime::min();
  for (const Adjusted& one : adjusted) {
    checked_to = std::min(checked_to, one.closed->checked_to);
    begin = std::min(begin, one.closed->period.begin);
    end = std::max(end, one.closed->period.end);
  }
  // By the number of the snapshots: the index by task would spare the sorting of what is found, and
  // read them all.
  Cursor rows(database,
              "SELECT DISTINCT s.task FROM snapshot AS s NOT INDEXED CROSS JOIN outcome AS o "
              "ON o.id = s.outcome CROSS JOIN task AS t ON t.id = s.task "
              "WHERE s.id > ?1 AND o.verdict IN (1, 2) AND (t.finish_time IS NULL OR "
              "(t.finish_time >= ?2 AND t.finish_time < ?3) OR "
              "EXISTS (SELECT 1 FROM report_line AS f WHERE f.task = t.id))" +
                  account_condition(query, "t.account"),
              {checked_to, begin.time_since_epoch().count(), end.time_since_epoch().count()});
  while (rows.step()) {
    tasks.push_back(rows.integer(0));
  }
}

// All tasks of periods that other prices rule by now.
void add_repriced_tasks(SQLite::Database& database, const std::vector<Adjusted>& adjusted,
                        const ReportQuery& query, std::vector<std::int64_t>& tasks) {
  for (const Adjusted& one : adjusted) {
    if (!one.closed->repriced) {
      continue;
    }
    Cursor rows(
        database,
        "SELECT DISTINCT f.task FROM report_line AS f CROSS JOIN task AS t ON t.id = f.task "
        "WHERE f.incurred = ?1" +
            account_condition(query, "t.account"),
        {one.closed->key});
    while (rows.step()) {
      tasks.push_back(rows.integer(0));
    }
  }
}

std::vector<std::int64_t> tasks_to_look_at(SQLite::Database& database,
                                           const std::vector<Adjusted>& adjusted,
                                           const ReportQuery& query) {
  std::vector<std::int64_t> tasks;
  add_tasks_answered_since(database, adjusted, query, tasks);
  add_repriced_tasks(database, adjusted, query, tasks);
  std::sort(tasks.begin(), tasks.end());
  tasks.erase(std::unique(tasks.begin(), tasks.end()), tasks.end());
  return tasks;
}

// The period that a task's lines stand in, else the one that it came late for.
const Adjusted* period_of(const std::vector<Adjusted>& adjusted,
                          const std::vector<core::OwnedLine>& standing,
                          const core::FinishedTask& task) {
  const auto found = std::find_if(adjusted.begin(), adjusted.end(), [&](const Adjusted& one) {
    return standing.empty() ? one.closed->contains(task.billed_at)
                            : one.closed->key == standing.front().incurred_in;
  });
  return found == adjusted.end() ? nullptr : &*found;
}

// Prices that replace a line of the same answer give it a further number.
void number_revisions(std::vector<core::OwnedLine>& lines, std::int64_t task,
                      StandingLines& frozen) {
  for (core::OwnedLine& line : lines) {
    if (line.reversal) {
      continue;
    }
    const std::int64_t before = frozen.revisions(task, line.task.snapshot, line.charge.kind);
    line.charge.line_id =
        core::line_id(line.task.snapshot, line.task.raw_sha256, line.charge.kind, before + 1);
  }
}

}  // namespace

core::Period adjusting_period(const ClosedPeriod& closed, const std::vector<ClosedPeriod>& all) {
  const core::TimeZone zone(closed.zone);
  core::Period period = closed.period;
  do {
    period = core::next_period(period, zone);
  } while (overlapping_closed_period(all, period) != nullptr);
  return period;
}

std::vector<core::OwnedLine> find_adjustments(SQLite::Database& database,
                                              const std::vector<ClosedPeriod>& closed,
                                              const ReportQuery& query) {
  std::vector<core::OwnedLine> lines;
  const std::vector<Adjusted> adjusted = adjusted_periods(closed, query);
  if (adjusted.empty()) {
    return lines;
  }
  FinishedTaskByKey tasks(database);
  StandingLines frozen(database);
  core::FinishedTask now;
  for (const std::int64_t key : tasks_to_look_at(database, adjusted, query)) {
    if (!tasks.find(key, now)) {
      continue;
    }
    const std::vector<core::OwnedLine> standing = frozen.of(key);
    const Adjusted* one = period_of(adjusted, standing, now);
    if (one == nullptr) {
      continue;
    }
    const core::FinishedTask task = core::charged_task(standing, now);
    const std::vector<core::Charge> charges =
        core::charges_of(task, {.prices = one->prices ? &*one->prices : nullptr}, one->zone);
    std::vector<core::OwnedLine> found = core::adjustments_of(
        standing, {task, charges},
        {one->closed->period.name, one->closed->key, one->at, one->closed->repriced});
    number_revisions(found, key, frozen);
    std::copy_if(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()),
                 std::back_inserter(lines), [&](const core::OwnedLine& line) {
                   return line.task.succeeded ? query.successes : query.failures;
                 });
  }
  std::stable_sort(lines.begin(), lines.end(), [](const auto& left, const auto& right) {
    return left.task.billed_at < right.task.billed_at;
  });
  return lines;
}

}  // namespace storage
