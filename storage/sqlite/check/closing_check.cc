#include "storage/sqlite/check/closing_check.h"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/ladder.h"
#include "core/billing/period.h"
#include "core/domain/money.h"
#include "core/error.h"
#include "core/text/hex.h"
#include "storage/sqlite/check/closed_without.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/statement.h"
#include "storage/statements/closing_chain.h"
#include "storage/statements/finished_tasks.h"
#include "storage/statements/period_books.h"
#include "storage/statements/period_chain.h"
#include "storage/statements/stored_numbers.h"

namespace storage {
namespace {

// Empty if the period's name, zone and prices match its rows.
std::string wrong_with_period(SQLite::Database& database, const Statement& row) {
  const core::Period period =
      core::parse_period(row.text(1), core::TimeZone(std::string(row.text(2))));
  if (row.time(3) != period.begin || row.time(4) != period.end) {
    return "its begin and end do not match its name";
  }
  SqliteRows rows(database);
  if (!lines_have_their_prices(rows, row.integer(0))) {
    return "its price book does not have the prices of its lines";
  }
  if (row.integer(5) == 0) {
    return "its number of lines has changed since it was closed";
  }
  if (row.integer(6) == 0) {
    return "its snapshot or schema number is impossible";
  }
  if (row.integer(7) != 0) {
    return "it overlaps another closed period";
  }
  return "";
}

void check_periods(SQLite::Database& database, Findings& findings) {
  Statement periods(
      database,
      "SELECT p.id, p.name, p.tz, p.begins_at, p.ends_at, "
      "p.line_count = (SELECT count(*) FROM report_line WHERE period = p.id), "
      "p.checked_to <= (SELECT ifnull(max(id), 0) FROM snapshot) AND p.checked_to >= (SELECT "
      "ifnull(max(snapshot), 0) FROM report_line WHERE incurred = p.id AND NOT reversal) AND "
      "p.schema_version BETWEEN 1 AND (SELECT max(number) FROM migration), "
      "EXISTS (SELECT 1 FROM period AS o WHERE o.id <> p.id AND o.begins_at < p.ends_at AND "
      "o.ends_at > p.begins_at) FROM period AS p ORDER BY p.id");
  while (periods.step() && !findings.full()) {
    std::string wrong;
    try {
      wrong = wrong_with_period(database, periods);
    } catch (const SQLite::Exception&) {
      throw;
    } catch (const std::runtime_error& failure) {  // an unreadable name, zone or price book
      wrong = failure.what();
    }
    if (!wrong.empty()) {
      findings.add("closed period " + std::string(periods.text(1)) + ": " + wrong);
    }
  }
}

// The line `o` that the line `l` adjusts.
constexpr const char* kAdjustedLine =
    " FROM report_line AS o WHERE o.task = l.task AND o.line_id = l.adjusts";

// A reversal repeats its line. A first line may note a lost video only if the task has one that was
// not saved before the closing; it must if one has expired, and nothing was answered or downloaded
// since the closing. Other lines may repeat what was true at an earlier closing.
std::string lost_matches() {
  const std::string video = "EXISTS (SELECT 1 FROM video AS v WHERE v.task = l.task AND ";
  return "CASE WHEN l.reversal THEN (SELECT l.lost = o.lost" + std::string(kAdjustedLine) +
         ") WHEN l.adjusts IS NOT NULL THEN 1 WHEN l.lost THEN " + video +
         "NOT (v.state = " + sql_number(core::VideoState::done) +
         " AND v.saved_at < p.closed_at)) ELSE NOT (" + is_as_closed("l.task") + " AND " + video +
         "v.state = " + sql_number(core::VideoState::expired) +
         " AND (v.settled_run = 0 OR (SELECT r.finished_at FROM run AS r WHERE r.id = "
         "v.settled_run) < p.closed_at))) END";
}

// `i` is the period to which `l` belongs. Each time that prices replaced a line, the new line of
// the same answer got the next number. Parameters: 1 and 2 the kinds of lines, 3 the verdict of a
// success.
std::string lines_text() {
  const std::string adjusted = kAdjustedLine;
  return "SELECT l.line_id, l.kind, l.reversal, l.adjusts, l.snapshot, s.raw_sha256, "
         "s.task = l.task, l.billed_at >= p.begins_at AND l.billed_at < p.ends_at, "
         "CASE WHEN l.adjusts IS NULL THEN l.incurred = l.period AND (l.billed_at = l.finish_time "
         "OR (l.finish_time IS NULL AND EXISTS (SELECT 1 FROM snapshot AS f WHERE f.task = l.task "
         "AND f.observed_at = l.billed_at))) ELSE coalesce((SELECT o.incurred = l.incurred" +
         adjusted +
         "), l.adjusts = i.name AND NOT l.reversal) END, "
         "l.kind IN (?1, ?2) AND l.lost IN (0, 1) AND l.succeeded IN (0, 1), "
         "CASE WHEN json_valid(ifnull(l.labels, '{}')) THEN json_type(ifnull(l.labels, '{}')) = "
         "'object' ELSE 0 END, l.succeeded = (a.verdict = ?3), l.unit_price, l.quantity, l.cost, "
         "CASE WHEN l.reversal THEN (SELECT o.snapshot = l.snapshot AND o.kind = l.kind AND "
         "NOT o.reversal" +
         adjusted +
         ") END, 1 + (SELECT count(*) FROM report_line AS e WHERE e.task = l.task AND e.snapshot = "
         "l.snapshot AND e.kind = l.kind AND NOT e.reversal AND e.id < l.id), " +
         lost_matches() +
         ", l.cost_note FROM report_line AS l CROSS JOIN period AS p ON p.id = l.period CROSS JOIN "
         "period AS i ON i.id = l.incurred CROSS JOIN snapshot AS s ON s.id = l.snapshot "
         "CROSS JOIN outcome AS a ON a.id = s.outcome ORDER BY l.billed_at, l.id";
}

bool names_what_it_is_of(const Statement& row) {
  if (row.integer(2) == 1) {
    return row.integer(15) == 1 && row.text(0) == core::reversal_id(row.text(3));
  }
  return row.integer(2) == 0 &&
         row.text(0) == core::line_id(row.integer(4), core::hex(row.blob(5)),
                                      static_cast<core::LineKind>(row.integer(1)), row.integer(16));
}

// A line of several tiers names the quantity and the price of each.
bool adds_up(const core::Decimal& quantity, const core::Decimal& cost,
             const std::vector<core::TierPart>& parts) {
  core::Decimal charged;
  for (const core::TierPart& part : parts) {
    charged += part.quantity;
  }
  const core::Decimal all = core::cost_of(parts);
  return (charged == quantity && all == cost) || (charged == -quantity && all == -cost);
}

// Price times quantity; without a price the cost must be empty, that of a failed task, or that of
// several tiers.
bool adds_up(const Statement& row) {
  const auto amount = [&row](int column) {
    return core::Decimal::from_text(row.is_null(column) ? "0" : row.text(column));
  };
  if (row.is_null(14)) {
    return true;
  }
  const core::Decimal cost = amount(14);
  const auto note = core::ladder_note_of(row.text(18));
  if (note && !note->parts.empty()) {
    return row.is_null(12) && adds_up(amount(13), cost, note->parts);
  }
  return row.is_null(12) || row.is_null(13) ? cost.is_zero() : cost == amount(12) * amount(13);
}

std::string wrong_with_line(const Statement& row) {
  if (!names_what_it_is_of(row) || row.integer(6) == 0) {
    return "it does not name its task";
  }
  if (row.integer(7) == 0) {
    return "its time is not in its period";
  }
  if (row.integer(8) == 0) {
    return "its time, or the line that it adjusts, does not match its task";
  }
  if (row.integer(9) == 0 || row.integer(10) == 0) {
    return "one of its values is impossible";
  }
  if (row.integer(11) == 0) {
    return "its answer disagrees about the success of the task";
  }
  if (row.integer(17) == 0) {
    return "its note of a lost video does not match the task's videos";
  }
  return adds_up(row) ? "" : "its cost is not its price times its quantity";
}

void check_lines(SQLite::Database& database, Findings& findings) {
  Statement lines(database, lines_text().c_str());
  lines.bind(1, static_cast<std::int64_t>(core::LineKind::main));
  lines.bind(2, static_cast<std::int64_t>(core::LineKind::super_resolution));
  lines.bind(3, static_cast<std::int64_t>(core::Verdict::succeeded));
  while (lines.step() && !findings.full()) {
    std::string wrong;
    try {
      wrong = wrong_with_line(lines);
    } catch (const core::Error& failure) {  // a text that is not an amount
      wrong = failure.what();
    }
    if (!wrong.empty()) {
      findings.add("closed line " + std::string(lines.text(0)) + ": " + wrong);
    }
  }
}

// Every finished task that a closing has taken into account must have a line; otherwise no report
// shows it.
void check_tasks(SQLite::Database& database, Findings& findings) {
  const std::string finished =
      "SELECT t.task_id, p.name FROM task AS t INDEXED BY task_by_finish JOIN period AS p "
      "WHERE t.state " +
      sql_in_finished_states() +
      " AND t.final_snapshot <= p.checked_to AND "
      "NOT EXISTS (SELECT 1 FROM report_line AS l WHERE l.task = t.id) AND ";
  const std::string first_seen = first_seen_finished("t.id");
  Statement tasks(database, (finished +
                             "t.finish_time >= p.begins_at AND t.finish_time < p.ends_at "
                             "UNION ALL " +
                             finished + "t.finish_time IS NULL AND " + first_seen +
                             " >= p.begins_at AND " + first_seen + " < p.ends_at")
                                .c_str());
  while (tasks.step() && !findings.full()) {
    findings.add("closed period " + std::string(tasks.text(1)) + ": its task " +
                 std::string(tasks.text(0)) + " has no line");
  }
}

}  // namespace

void check_closings(SQLite::Database& database, Findings& findings) {
  SqliteRows rows(database);
  for (std::string& finding : lost_closings(rows, core::UtcTime::min(), core::UtcTime::max())) {
    findings.add(std::move(finding));
  }
  for (std::string& finding : broken_links(rows)) {
    findings.add(std::move(finding));
  }
  for (std::string& finding :
       broken_period_links(rows, core::UtcTime::min(), core::UtcTime::max())) {
    findings.add(std::move(finding));
  }
  check_periods(database, findings);
  check_lines(database, findings);
  check_tasks(database, findings);
  check_closed_without(database, findings);
}

}  // namespace storage
