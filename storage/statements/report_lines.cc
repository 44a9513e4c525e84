#include "storage/statements/report_lines.h"

#include "storage/statements/fact_columns.h"

namespace storage {
namespace {

std::string line_columns() {
  return "t.account, t.task_id, l.succeeded, " + fact_columns("l.") +
         ", l.labels, l.snapshot, s.raw_sha256, l.lost, l.billed_at, l.{stored}line_id, l.kind, "
         "l.reversal, l.adjusts, l.incurred, l.unit, l.quantity, l.unit_price, l.currency, "
         "l.cost, l.cost_note, l.resale_tiers";
}
constexpr const char* kFrom =
    " FROM report_line AS l {then} task AS t ON t.id = l.task "
    "{then} snapshot AS s ON s.id = l.snapshot ";

// When the cost was incurred: an adjustment is placed at the first instant of a later period, the
// first line of its task at the task's own time, unless that task came late itself. The last column
// is the time of the line that a reversal reverses.
std::string selected_lines() {
  return "SELECT " + line_columns() +
         ", CASE WHEN l.adjusts IS NULL THEN l.billed_at ELSE coalesce((SELECT CASE WHEN f.adjusts "
         "IS NULL THEN f.billed_at ELSE f.finish_time END FROM report_line AS f "
         "WHERE f.task = l.task ORDER BY f.id LIMIT 1), " +
         first_seen_finished("l.task") +
         ") END, CASE WHEN l.reversal <> 0 THEN (SELECT o.billed_at FROM report_line AS o "
         "WHERE o.task = l.task AND o.line_id = l.adjusts AND o.reversal = 0 ORDER BY o.id "
         "LIMIT 1) END" +
         kFrom;
}

}  // namespace

std::string frozen_lines_text(const core::ReportQuery& query) {
  return selected_lines() +
         "WHERE l.billed_at >= $1 AND l.billed_at < $2 AND l.succeeded BETWEEN $3 AND $4" +
         account_condition(query, "t.account") + " ORDER BY l.billed_at, l.id";
}

std::string standing_lines_text() {
  return selected_lines() +
         "WHERE l.task = $1 AND l.reversal = 0 AND NOT EXISTS (SELECT 1 FROM report_line AS r "
         "WHERE r.task = l.task AND r.reversal <> 0 AND r.adjusts = l.line_id) ORDER BY l.kind";
}

std::string frozen_labels_text(const core::ReportQuery& query) {
  return "SELECT DISTINCT labels FROM report_line WHERE billed_at >= $1 AND billed_at < $2 "
         "AND succeeded BETWEEN $3 AND $4" +
         account_condition(query, "(SELECT t.account FROM task AS t WHERE t.id = task)");
}

}  // namespace storage
