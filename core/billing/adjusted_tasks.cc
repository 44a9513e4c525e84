#include "core/billing/adjusted_tasks.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "core/billing/price_book.h"

namespace core {
namespace {

// A closed period whose adjustments belong in the report.
struct Adjusted {
  const ClosedPeriod* closed;
  UtcTime at;
  TimeZone zone;
  std::optional<PriceBook> prices;
};

std::vector<Adjusted> adjusted_periods(const std::vector<ClosedPeriod>& closed,
                                       const ReportQuery& query) {
  std::vector<Adjusted> adjusted;
  for (const ClosedPeriod& period : closed) {
    const UtcTime at = adjusting_period(period, closed).begin;
    if (at < query.begin || at >= query.end) {
      continue;
    }
    Adjusted& one =
        adjusted.emplace_back(Adjusted{&period, at, TimeZone(period.zone), std::nullopt});
    if (const auto& prices = period.ruling_prices()) {
      one.prices = PriceBook::parse(*prices, "of the closed period");
    }
  }
  return adjusted;
}

std::vector<std::int64_t> tasks_to_look_at(BillingSource& source,
                                           const std::vector<Adjusted>& adjusted,
                                           const ReportQuery& query) {
  std::vector<const ClosedPeriod*> periods;
  periods.reserve(adjusted.size());
  for (const Adjusted& one : adjusted) {
    periods.push_back(one.closed);
  }
  std::vector<std::int64_t> tasks = source.answered_since(periods, query);
  for (const ClosedPeriod* closed : periods) {
    if (closed->repriced) {
      const std::vector<std::int64_t> ruled = source.tasks_ruled_by(*closed, query);
      tasks.insert(tasks.end(), ruled.begin(), ruled.end());
    }
  }
  std::sort(tasks.begin(), tasks.end());
  tasks.erase(std::unique(tasks.begin(), tasks.end()), tasks.end());
  return tasks;
}

// The period that has the task's lines, else the one whose time it belongs to but that was closed
// before the task was known.
const Adjusted* period_of(const std::vector<Adjusted>& adjusted,
                          const std::vector<OwnedLine>& standing, const FinishedTask& task) {
  const auto found = std::find_if(adjusted.begin(), adjusted.end(), [&](const Adjusted& one) {
    return standing.empty() ? one.closed->contains(task.billed_at)
                            : one.closed->key == standing.front().incurred_in;
  });
  return found == adjusted.end() ? nullptr : &*found;
}

// If new prices replace a line of the same answer, the new line gets the next revision number.
void number_revisions(std::vector<OwnedLine>& lines, std::int64_t task, BillingSource& source) {
  for (OwnedLine& line : lines) {
    if (line.reversal) {
      continue;
    }
    const std::int64_t before = source.revisions(task, line.task.snapshot, line.charge.kind);
    line.charge.line_id =
        line_id(line.task.snapshot, line.task.raw_sha256, line.charge.kind, before + 1);
  }
}

}  // namespace

std::vector<OwnedLine> find_adjustments(BillingSource& source,
                                        const std::vector<ClosedPeriod>& closed,
                                        const ReportQuery& query) {
  std::vector<OwnedLine> lines;
  const std::vector<Adjusted> adjusted = adjusted_periods(closed, query);
  if (adjusted.empty()) {
    return lines;
  }
  FinishedTask now;
  for (const std::int64_t key : tasks_to_look_at(source, adjusted, query)) {
    if (!source.find_task(key, now)) {
      continue;
    }
    const std::vector<OwnedLine> standing = source.standing_lines(key);
    const Adjusted* one = period_of(adjusted, standing, now);
    if (one == nullptr) {
      continue;
    }
    const FinishedTask task = charged_task(standing, now);
    const std::vector<Charge> charges =
        charges_of(task, {.prices = one->prices ? &*one->prices : nullptr}, one->zone);
    std::vector<OwnedLine> found = adjustments_of(
        standing, {task, charges},
        {one->closed->period.name, one->closed->key, one->at, one->closed->repriced});
    number_revisions(found, key, source);
    std::copy_if(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()),
                 std::back_inserter(lines), [&](const OwnedLine& line) {
                   return line.task.succeeded ? query.successes : query.failures;
                 });
  }
  std::stable_sort(lines.begin(), lines.end(), [](const auto& left, const auto& right) {
    return left.task.billed_at < right.task.billed_at;
  });
  return lines;
}

}  // namespace core
