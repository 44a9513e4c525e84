#include "core/billing/closed_period.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <iterator>

#include "core/billing/period_statement.h"

namespace core {
namespace {

[[maybe_unused]] bool is_by_begin(const std::vector<ClosedPeriod>& closed) {
  return std::is_sorted(closed.begin(), closed.end(), [](const auto& one, const auto& other) {
    return one.period.begin < other.period.begin;
  });
}

}  // namespace

std::string ClosedPeriod::invoice_id() const { return std::string(stated(statement, kInvoiceId)); }

const ClosedPeriod* closed_period_named(const std::vector<ClosedPeriod>& closed,
                                        std::string_view name) {
  const auto found = std::find_if(closed.begin(), closed.end(),
                                  [name](const auto& one) { return one.period.name == name; });
  return found == closed.end() ? nullptr : &*found;
}

// Closed periods do not overlap, so only the last one that begins before an instant can contain it.
const ClosedPeriod* overlapping_closed_period(const std::vector<ClosedPeriod>& closed,
                                              const Period& period) {
  const auto behind =
      std::partition_point(closed.begin(), closed.end(),
                           [&](const ClosedPeriod& one) { return one.period.begin < period.end; });
  return behind != closed.begin() && std::prev(behind)->overlaps(period) ? &*std::prev(behind)
                                                                         : nullptr;
}

const ClosedPeriod* closed_period_at(const std::vector<ClosedPeriod>& closed, UtcTime time) {
  Period instant;
  instant.begin = time;
  instant.end = time + std::chrono::milliseconds(1);
  return overlapping_closed_period(closed, instant);
}

bool is_closed_throughout(const std::vector<ClosedPeriod>& closed, UtcTime begin, UtcTime end) {
  for (const ClosedPeriod& one : closed) {
    if (one.contains(begin)) {
      begin = one.period.end;
    }
  }
  return begin >= end;
}

Period adjusting_period(const ClosedPeriod& closed, const std::vector<ClosedPeriod>& all) {
  assert(is_by_begin(all));
  const TimeZone zone(closed.zone);
  Period period = closed.period;
  do {
    period = next_period(period, zone);
  } while (overlapping_closed_period(all, period) != nullptr);
  return period;
}

}  // namespace core
