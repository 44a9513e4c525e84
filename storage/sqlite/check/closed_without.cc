#include "storage/sqlite/check/closed_without.h"

#include <cstdint>

#include "core/domain/task.h"
#include "storage/sqlite/statement.h"
#include "storage/statements/dialect.h"
#include "storage/statements/stored_numbers.h"
#include "storage/statements/task_rules.h"

namespace storage {
namespace {

// Periods that an earlier version closed counted by other rules.
constexpr const char* kCountedAsNow = "p.schema_version >= 11";
constexpr const char* kDayMs = "86400000";

const std::string kInPeriod = kTaskSince + " >= p.begins_at AND " + kTaskSince + " < p.ends_at";
const std::string kWrittenOff =
    "t.id IN (SELECT w.task FROM written_off AS w WHERE w.period = p.id)";
// A line by which the closing itself took the task into account.
const std::string kHasLine =
    "EXISTS (SELECT 1 FROM report_line AS l WHERE l.task = t.id AND l.period = p.id AND "
    "l.incurred = p.id AND l.adjusts IS NULL AND l.reversal = 0)";

std::string count(const std::string& tasks) { return "(SELECT count(*) FROM " + tasks + ")"; }

// {name, unfinished, missing, at least so many unfinished, at least so many missing, both at most}
std::string periods_text() {
  const std::string proven = " AND " + kInPeriod + " AND " + is_as_closed("t.id");
  const std::string possible =
      "task AS t WHERE t.first_seen < p.closed_at + " + std::string(kDayMs) + " AND NOT (" +
      kWrittenOff + ") AND NOT " + kHasLine + " AND (NOT (" + is_as_closed("t.id") +
      ") OR (t.state IN (" + sql_number(core::TaskState::unfinished) + ", " +
      sql_number(core::TaskState::missing) + ") AND " + kInPeriod + "))";
  return "SELECT p.name, p.unfinished, p.missing, " +
         count("task AS t {by task_unfinished} WHERE " + kIsOpen + " AND NOT (" + kWrittenOff +
               ")" + proven) +
         ", " +
         count(
             "task AS t {by task_missing} WHERE t.state = " + sql_number(core::TaskState::missing) +
             " AND t.id NOT IN (SELECT task FROM forgotten)" + proven) +
         // Looks at every task, so only for the few periods that were closed with --force.
         ", CASE WHEN p.unfinished + p.missing > 0 THEN " + count(possible) +
         " ELSE 0 END FROM period AS p WHERE " + kCountedAsNow + " ORDER BY p.id";
}

void check_counts(SQLite::Database& database, Findings& findings) {
  Statement periods(database, in_dialect(periods_text(), Dialect::sqlite).c_str());
  while (periods.step() && !findings.full()) {
    const std::int64_t unfinished = periods.integer(1);
    const std::int64_t missing = periods.integer(2);
    const bool too_few = unfinished < periods.integer(3) || missing < periods.integer(4);
    if (too_few || unfinished + missing > periods.integer(5)) {
      findings.add("closed period " + std::string(periods.text(0)) +
                   ": its numbers of unfinished and missing tasks do not match its tasks");
    }
  }
}

void check_written_off(SQLite::Database& database, Findings& findings) {
  const std::string text = "SELECT p.name, t.task_id, " + kHasLine +
                           " FROM written_off AS o JOIN period AS p ON p.id = o.period JOIN task "
                           "AS t ON t.id = o.task WHERE " +
                           kHasLine + " OR (" + is_as_closed("t.id") +
                           " AND NOT (t.state = " + sql_number(core::TaskState::unfinished) +
                           " AND " + kInPeriod + ")) ORDER BY o.period, o.task";
  Statement tasks(database, in_dialect(text, Dialect::sqlite).c_str());
  while (tasks.step() && !findings.full()) {
    findings.add("closed period " + std::string(tasks.text(0)) + ": its task " +
                 std::string(tasks.text(1)) + " was written off, but " +
                 (tasks.integer(2) != 0 ? "has a line" : "was no open task of it"));
  }
}

}  // namespace

std::string is_as_closed(const std::string& task) {
  return "EXISTS (SELECT 1 FROM snapshot AS s WHERE s.task = " + task +
         ") AND NOT EXISTS (SELECT 1 FROM snapshot AS s JOIN run AS r ON r.id = s.run WHERE "
         "s.task = " +
         task + " AND (r.finished_at IS NULL OR r.finished_at >= p.closed_at))";
}

void check_closed_without(SQLite::Database& database, Findings& findings) {
  check_counts(database, findings);
  check_written_off(database, findings);
}

}  // namespace storage
