#include "storage/closing_check.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/billing.h"
#include "core/period.h"
#include "core/price_book.h"
#include "storage/statement.h"

namespace storage {
namespace {

// Each line that a price made must have its price in the book of the period that rules it.
bool prices_are_in(const core::PriceBook& book, Statement& lines) {
  bool fit = true;
  while (lines.step()) {
    const core::Decimal price = core::Decimal::from_text(std::string(lines.text(1)));
    fit = fit && std::any_of(book.rows().begin(), book.rows().end(), [&](const core::Price& row) {
            return static_cast<std::int64_t>(row.unit) == lines.integer(0) && row.price == price &&
                   row.currency == lines.text(2);
          });
  }
  return fit;
}

// Empty: the period's name, zone and prices say what its rows do.
std::string wrong_with_period(const Statement& row, Statement& lines) {
  const core::Period period =
      core::parse_period(row.text(1), core::TimeZone(std::string(row.text(2))));
  if (row.time(3) != period.begin || row.time(4) != period.end) {
    return "it does not begin and end as its name says";
  }
  lines.bind(1, row.integer(0));
  const bool fit =
      row.is_null(5) ? !lines.step()
                     : prices_are_in(core::PriceBook::parse(row.text(5), "its price book"), lines);
  lines.reset();
  if (!fit) {
    return "its price book has not the prices of its lines";
  }
  if (row.integer(6) == 0) {
    return "it has not as many lines as when it was closed";
  }
  if (row.integer(7) == 0) {
    return "what it knows of snapshots and schemas cannot be";
  }
  return "";
}

void check_periods(SQLite::Database& database, Faults& faults) {
  Statement periods(
      database,
      "SELECT p.id, p.name, p.tz, p.begins_at, p.ends_at, p.prices, "
      "p.line_count = (SELECT count(*) FROM report_line WHERE period = p.id), "
      "p.checked_to <= (SELECT ifnull(max(id), 0) FROM snapshot) AND p.checked_to >= (SELECT "
      "ifnull(max(snapshot), 0) FROM report_line WHERE incurred = p.id AND NOT reversal) AND "
      "p.schema_version BETWEEN 1 AND (SELECT max(number) FROM migration) "
      "FROM period AS p ORDER BY p.id");
  Statement lines(database,
                  "SELECT DISTINCT unit, unit_price, currency FROM report_line "
                  "WHERE incurred = ? AND unit_price IS NOT NULL");
  while (periods.step() && !faults.full()) {
    std::string wrong;
    try {
      wrong = wrong_with_period(periods, lines);
    } catch (const SQLite::Exception&) {
      throw;
    } catch (const std::runtime_error& failure) {  // it cannot be read as what it should be
      wrong = failure.what();
    }
    if (!wrong.empty()) {
      faults.add("closed period " + std::string(periods.text(1)) + ": " + wrong);
    }
  }
}

// `o` is the line that `l` adjusts, `i` the period that rules it.
constexpr const char* kLines =
    "SELECT l.line_id, l.kind, l.reversal, l.adjusts, l.snapshot, s.raw_sha256, "
    "s.task = l.task, l.billed_at >= p.begins_at AND l.billed_at < p.ends_at, "
    "CASE WHEN l.adjusts IS NULL THEN l.incurred = l.period AND (l.billed_at = l.finish_time OR "
    "(l.finish_time IS NULL AND EXISTS (SELECT 1 FROM snapshot AS f WHERE f.task = l.task AND "
    "f.observed_at = l.billed_at))) "
    "WHEN o.id IS NOT NULL THEN o.task = l.task AND o.incurred = l.incurred "
    "ELSE l.adjusts = i.name AND NOT l.reversal END, l.kind IN (0, 1) AND l.lost IN (0, 1) AND "
    "l.succeeded IN (0, 1), "
    "CASE WHEN json_valid(ifnull(l.labels, '{}')) THEN json_type(ifnull(l.labels, '{}')) = "
    "'object' ELSE 0 END "
    "FROM report_line AS l JOIN period AS p ON p.id = l.period JOIN period AS i "
    "ON i.id = l.incurred JOIN snapshot AS s ON s.id = l.snapshot "
    "LEFT JOIN report_line AS o ON o.line_id = l.adjusts ORDER BY l.id";

std::string wrong_with_line(const Statement& row) {
  const std::string id = core::line_id(row.integer(4), hex_digits(row.blob(5)),
                                       static_cast<core::LineKind>(row.integer(1)));
  const bool reversal = row.integer(2) == 1;
  if (row.text(0) != (reversal ? core::reversal_id(id) : id) ||
      (reversal ? row.text(3) != id : row.integer(2) != 0) || row.integer(6) == 0) {
    return "it does not name what it is of";
  }
  if (row.integer(7) == 0) {
    return "its time is not in its period";
  }
  if (row.integer(8) == 0) {
    return "its time, or what it adjusts, is not what its task says";
  }
  if (row.integer(9) == 0 || row.integer(10) == 0) {
    return "a value of it cannot be";
  }
  return "";
}

void check_lines(SQLite::Database& database, Faults& faults) {
  Statement lines(database, kLines);
  while (lines.step() && !faults.full()) {
    if (const std::string wrong = wrong_with_line(lines); !wrong.empty()) {
      faults.add("closed line " + std::string(lines.text(0)) + ": " + wrong);
    }
  }
}

}  // namespace

void check_closings(SQLite::Database& database, Faults& faults) {
  check_periods(database, faults);
  check_lines(database, faults);
}

}  // namespace storage
