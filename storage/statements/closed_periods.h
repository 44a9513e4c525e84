// Reads closed periods from the ledger.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/billing/closed_period.h"
#include "core/billing/period.h"
#include "core/error.h"
#include "storage/statements/rows.h"

namespace storage {

/// Sorted by begin.
inline constexpr const char* kClosedPeriods =
    "SELECT p.id, name, begins_at, ends_at, tz, prices, line_count, p.sha256, unfinished, missing, "
    "schema_version, checked_to, (SELECT r.prices FROM repricing AS r WHERE r.period = p.id "
    "ORDER BY r.id DESC LIMIT 1), EXISTS (SELECT 1 FROM repricing AS r WHERE r.period = p.id AND "
    "r.carried_by IS NULL), l.statement, l.sha256, s.signature, b.sha256, p.closed_at FROM "
    "period AS p "
    "LEFT JOIN period_link AS l ON l.period = p.id "
    "LEFT JOIN period_signature AS s ON s.period = p.id "
    "LEFT JOIN period_bundle AS b ON b.period = p.id ORDER BY begins_at";

/// The period that was closed under this name and zone. Its recorded bounds are used, because a
/// later tz database may give other ones. Throws core::Error if it is damaged.
[[nodiscard]] core::Period recorded_period(std::string_view name, std::string_view zone,
                                           core::UtcTime begin, core::UtcTime end);

template <RowSource Rows>
[[nodiscard]] std::vector<core::ClosedPeriod> read_closed_periods(Rows& source) {
  auto rows = source.select(kClosedPeriods, {});
  std::vector<core::ClosedPeriod> periods;
  const auto text_or_null = [&rows](int column) {
    return rows.is_null(column) ? std::nullopt : std::optional<std::string>(rows.text(column));
  };
  while (rows.step()) {
    core::ClosedPeriod& period = periods.emplace_back();
    period.key = rows.integer(0);
    period.period = recorded_period(rows.text(1), rows.text(4), *rows.time(2), *rows.time(3));
    period.zone = rows.text(4);
    period.prices = text_or_null(5);
    period.lines = rows.integer(6);
    period.sha256 = rows.text(7);
    period.unfinished = static_cast<std::uint64_t>(rows.integer(8));
    period.missing = static_cast<std::uint64_t>(rows.integer(9));
    period.schema_version = static_cast<int>(rows.integer(10));
    period.checked_to = rows.integer(11);
    period.later_prices = text_or_null(12);
    period.repriced = rows.integer(13) != 0;
    period.statement = rows.text(14);
    period.head = rows.text(15);
    period.signature = rows.text(16);
    period.bundle = rows.text(17);
    period.closed_at = *rows.time(18);
  }
  return periods;
}

}  // namespace storage
