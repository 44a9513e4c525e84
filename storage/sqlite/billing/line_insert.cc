#include "storage/sqlite/billing/line_insert.h"

#include <optional>
#include <string>

#include "storage/answers/json_text.h"
#include "storage/sqlite/fact_columns.h"

namespace storage {
namespace {

std::string text_of(const std::optional<core::Decimal>& amount) {
  return amount ? amount->text() : std::string();
}

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
