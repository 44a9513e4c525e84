#include "storage/sqlite/billing/line_insert.h"

#include <optional>

#include "storage/answers/json_text.h"
#include "storage/sqlite/fact_columns.h"

namespace storage {
namespace {

constexpr std::size_t kParameters = 17 + core::kFacts.size();  // of a line

std::string text_of(const std::optional<core::Decimal>& amount) {
  return amount ? amount->text() : std::string();
}

// A row of nulls is no line: the last statement may have some.
std::string insert_sql(std::size_t lines) {
  return "INSERT INTO report_line (period, incurred, billed_at, line_id, kind, reversal, adjusts, "
         "snapshot, succeeded, lost, " +
         fact_columns("") +
         ", labels, unit, quantity, unit_price, currency, cost, cost_note, task) "
         "SELECT line.*, (SELECT task FROM snapshot WHERE id = line.column8) FROM (VALUES " +
         placeholders(lines, kParameters) + ") AS line WHERE line.column1 IS NOT NULL";
}

}  // namespace

LineInsert::LineInsert(SQLite::Database& database)
    : statement_(database, insert_sql(kAtOnce).c_str()) {}

void LineInsert::add(std::int64_t period, const core::ReportLine& line) {
  // Assigned member by member, so that the texts of the line before lend their memory.
  Row& row = rows_[used_];
  row.period = period;
  row.incurred_in = line.incurred_in == 0 ? period : line.incurred_in;
  row.task = line.task;
  row.charge = line.charge;
  row.is_reversal = line.reversal;
  row.adjusts = line.adjusts;
  row.quantity = text_of(line.charge.quantity);
  row.unit_price = text_of(line.charge.unit_price);
  row.cost = text_of(line.charge.cost);
  row.labels.clear();
  if (!line.task.labels.empty()) {
    append_json_object(row.labels, line.task.labels);
  }
  bind(used_, row);
  if (++used_ == kAtOnce) {
    flush();
  }
}

void LineInsert::flush() {
  if (used_ == 0) {
    return;
  }
  for (; used_ < kAtOnce; ++used_) {
    statement_.bind_null(static_cast<int>(used_ * kParameters) + 1);
  }
  statement_.run();
  used_ = 0;
}

void LineInsert::bind(std::size_t at, const Row& row) {
  int position = static_cast<int>(at * kParameters);
  statement_.bind(++position, row.period);
  statement_.bind(++position, row.incurred_in);
  statement_.bind_time(++position, row.task.billed_at);
  statement_.bind(++position, row.charge.line_id);
  statement_.bind(++position, static_cast<std::int64_t>(row.charge.kind));
  statement_.bind(++position, row.is_reversal ? 1 : 0);
  statement_.bind_or_null(++position, row.adjusts);
  statement_.bind(++position, row.task.snapshot);
  statement_.bind(++position, row.task.succeeded ? 1 : 0);
  statement_.bind(++position, row.task.lost ? 1 : 0);
  position = bind_facts(statement_, position + 1, row.task.facts) - 1;
  statement_.bind_or_null(++position, row.labels);
  if (row.charge.unit) {
    statement_.bind(++position, static_cast<std::int64_t>(*row.charge.unit));
  } else {
    statement_.bind_null(++position);
  }
  for (const std::string* text :
       {&row.quantity, &row.unit_price, &row.charge.currency, &row.cost, &row.charge.cost_note}) {
    statement_.bind_or_null(++position, *text);
  }
}

}  // namespace storage
