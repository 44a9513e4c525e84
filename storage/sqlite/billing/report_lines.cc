#include "storage/sqlite/billing/report_lines.h"

#include <utility>

#include "core/error.h"
#include "storage/sqlite/fact_columns.h"

namespace storage {
namespace {

std::string line_columns() {
  return "t.account, t.task_id, l.succeeded, " + fact_columns("l.") +
         ", l.labels, l.snapshot, s.raw_sha256, l.lost, l.billed_at, l.line_id, l.kind, "
         "l.reversal, l.adjusts, l.incurred, l.unit, l.quantity, l.unit_price, l.currency, "
         "l.cost, l.cost_note";
}
constexpr int kTimeColumn = 7 + static_cast<int>(core::kFacts.size());
constexpr const char* kFrom =
    " FROM report_line AS l CROSS JOIN task AS t ON t.id = l.task "
    "CROSS JOIN snapshot AS s ON s.id = l.snapshot ";

// When the cost was incurred: an adjustment lies at the first instant of a later period, the first
// line of its task at its own time, unless that one came late itself.
std::string selected_lines() {
  return "SELECT " + line_columns() +
         ", CASE WHEN l.adjusts IS NULL THEN l.billed_at ELSE coalesce((SELECT CASE WHEN f.adjusts "
         "IS NULL THEN f.billed_at ELSE f.finish_time END FROM report_line AS f "
         "WHERE f.task = l.task ORDER BY f.id LIMIT 1), " +
         first_seen_finished("l.task") + ") END" + kFrom;
}

std::optional<core::Decimal> amount(const Cursor& row, int column) {
  return row.is_null(column) ? std::nullopt
                             : std::optional(core::Decimal::from_text(row.text(column)));
}

std::string text_of(const std::optional<core::Decimal>& amount) {
  return amount ? amount->text() : std::string();
}

void read_charge(const Cursor& row, int column, core::OwnedLine& line) {
  core::Charge& charge = line.charge;
  charge.line_id = row.text(column++);
  charge.kind = static_cast<core::LineKind>(row.integer(column++));
  line.reversal = row.integer(column++) != 0;
  line.adjusts = row.text(column++);
  line.incurred_in = row.integer(column++);
  charge.unit = row.is_null(column)
                    ? std::nullopt
                    : std::optional(static_cast<core::PriceUnit>(row.integer(column)));
  ++column;
  charge.quantity = amount(row, column++);
  charge.unit_price = amount(row, column++);
  charge.currency = row.text(column++);
  charge.cost = amount(row, column++);
  charge.cost_note = row.text(column++);
  line.incurred_at = row.time(column).value_or(line.task.billed_at);
}

// Reads the columns of line_columns from left to right.
void read_line(const Cursor& row, const AccountNames& accounts, LabelReader& labels,
               core::OwnedLine& line) {
  core::FinishedTask& task = line.task;
  int column = read_task_columns(row, accounts, task);
  task.labels = labels.read(row.text(column++));
  task.snapshot = row.integer(column++);
  task.raw_sha256 = hex_digits(row.text(column++));
  task.lost = row.integer(column++) != 0;
  task.billed_at = *row.time(column++);
  read_charge(row, column, line);
}

core::Period period_of(const Statement& row) {
  try {
    const core::TimeZone zone(row.text(4));
    core::Period period = core::parse_period(row.text(1), zone);
    // The recorded bounds count: a later tz database may give the zone other ones.
    period.begin = *row.time(2);
    period.end = *row.time(3);
    return period;
  } catch (const core::UsageError& failure) {
    throw core::Error("closed period " + std::string(row.text(1)) + " is damaged (" +
                      failure.what() + "); see `reeltally db check`, and restore a backup");
  }
}

}  // namespace

std::vector<core::ClosedPeriod> read_closed_periods(SQLite::Database& database) {
  Statement rows(
      database,
      "SELECT id, name, begins_at, ends_at, tz, prices, line_count, sha256, unfinished, "
      "missing, schema_version, checked_to, (SELECT r.prices FROM repricing AS r WHERE "
      "r.period = p.id ORDER BY r.id DESC LIMIT 1), EXISTS (SELECT 1 FROM repricing AS r "
      "WHERE r.period = p.id AND r.carried_by IS NULL) FROM period AS p "
      "ORDER BY begins_at");
  std::vector<core::ClosedPeriod> periods;
  while (rows.step()) {
    core::ClosedPeriod& period = periods.emplace_back();
    period.key = rows.integer(0);
    period.period = period_of(rows);
    period.zone = rows.text(4);
    period.prices = rows.is_null(5) ? std::nullopt : std::optional<std::string>(rows.text(5));
    period.lines = rows.integer(6);
    period.sha256 = rows.text(7);
    period.unfinished = static_cast<std::uint64_t>(rows.integer(8));
    period.missing = static_cast<std::uint64_t>(rows.integer(9));
    period.schema_version = static_cast<int>(rows.integer(10));
    period.checked_to = rows.integer(11);
    period.later_prices =
        rows.is_null(12) ? std::nullopt : std::optional<std::string>(rows.text(12));
    period.repriced = rows.integer(13) != 0;
  }
  return periods;
}

FrozenLines::FrozenLines(SQLite::Database& database, const core::ReportQuery& query)
    : accounts_(database),
      cursor_(database,
              selected_lines() +
                  "WHERE l.billed_at >= ?1 AND l.billed_at < ?2 AND l.succeeded BETWEEN ?3 AND ?4" +
                  account_condition(query, "t.account") + " ORDER BY l.billed_at, l.id",
              {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count(),
               query.failures ? 0 : 1, query.successes ? 1 : 0}),
      at_end_(!cursor_.step()) {}

core::UtcTime FrozenLines::time() const { return *cursor_.time(kTimeColumn); }

void FrozenLines::take(core::OwnedLine& line) {
  read_line(cursor_, accounts_, labels_, line);
  at_end_ = !cursor_.step();
}

StandingLines::StandingLines(SQLite::Database& database)
    : accounts_(database),
      cursor_(database,
              selected_lines() +
                  "WHERE l.task = ?1 AND NOT l.reversal AND NOT EXISTS (SELECT 1 FROM report_line "
                  "AS r WHERE r.task = l.task AND r.reversal AND r.adjusts = l.line_id) "
                  "ORDER BY l.kind",
              {0}),
      revisions_(database,
                 "SELECT count(*) FROM report_line WHERE task = ?1 AND snapshot = ?2 AND kind = ?3 "
                 "AND NOT reversal",
                 {0, 0, 0}) {}

std::vector<core::OwnedLine> StandingLines::of(std::int64_t task) {
  cursor_.restart({task});
  std::vector<core::OwnedLine> lines;
  while (cursor_.step()) {
    read_line(cursor_, accounts_, labels_, lines.emplace_back());
  }
  return lines;
}

std::int64_t StandingLines::revisions(std::int64_t task, std::int64_t snapshot,
                                      core::LineKind kind) {
  revisions_.restart({task, snapshot, static_cast<std::int64_t>(kind)});
  revisions_.step();
  return revisions_.integer(0);
}

void add_frozen_label_names(SQLite::Database& database, const core::ReportQuery& query,
                            std::set<std::string>& names) {
  Cursor cursor(database,
                "SELECT DISTINCT labels FROM report_line WHERE billed_at >= ?1 AND billed_at < ?2 "
                "AND succeeded BETWEEN ?3 AND ?4" +
                    account_condition(query, "(SELECT t.account FROM task AS t WHERE t.id = task)"),
                {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count(),
                 query.failures ? 0 : 1, query.successes ? 1 : 0});
  while (cursor.step()) {
    for (auto& [name, value] : read_labels(cursor.text(0))) {
      names.insert(std::move(name));
    }
  }
}

namespace {

std::string insert_sql() {
  constexpr int kParameters = 17 + static_cast<int>(core::kFacts.size());
  constexpr int kSnapshot = 8;
  std::string sql =
      "INSERT INTO report_line (period, incurred, billed_at, line_id, kind, reversal, adjusts, "
      "snapshot, succeeded, lost, " +
      fact_columns("") +
      ", labels, unit, quantity, unit_price, currency, cost, cost_note, task) VALUES (";
  for (int parameter = 1; parameter <= kParameters; ++parameter) {
    sql += "?" + std::to_string(parameter) + ", ";
  }
  return sql + "(SELECT task FROM snapshot WHERE id = ?" + std::to_string(kSnapshot) + "))";
}

}  // namespace

LineInsert::LineInsert(SQLite::Database& database) : statement_(database, insert_sql().c_str()) {}

void LineInsert::add(std::int64_t period, const core::ReportLine& line) {
  const core::FinishedTask& task = line.task;
  const core::Charge& charge = line.charge;
  const std::string adjusts(line.adjusts);
  const std::string quantity = text_of(charge.quantity);
  const std::string unit_price = text_of(charge.unit_price);
  const std::string cost = text_of(charge.cost);
  std::string labels;
  if (!task.labels.empty()) {
    append_json_object(labels, task.labels);
  }
  int at = 0;
  statement_.bind(++at, period);
  statement_.bind(++at, line.incurred_in == 0 ? period : line.incurred_in);
  statement_.bind_time(++at, task.billed_at);
  statement_.bind(++at, charge.line_id);
  statement_.bind(++at, static_cast<std::int64_t>(charge.kind));
  statement_.bind(++at, line.reversal ? 1 : 0);
  statement_.bind_or_null(++at, adjusts);
  statement_.bind(++at, task.snapshot);
  statement_.bind(++at, task.succeeded ? 1 : 0);
  statement_.bind(++at, task.lost ? 1 : 0);
  at = bind_facts(statement_, at + 1, task.facts) - 1;
  statement_.bind_or_null(++at, labels);
  if (charge.unit) {
    statement_.bind(++at, static_cast<std::int64_t>(*charge.unit));
  } else {
    statement_.bind_null(++at);
  }
  for (const std::string* text :
       {&quantity, &unit_price, &charge.currency, &cost, &charge.cost_note}) {
    statement_.bind_or_null(++at, *text);
  }
  statement_.run();
}

}  // namespace storage
