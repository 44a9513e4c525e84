#include "storage/sqlite/billing/line_insert.h"

#include <optional>

#include "storage/answers/json_text.h"
#include "storage/statements/fact_columns.h"

namespace storage {
namespace {

constexpr std::size_t kParameters = 5 + core::kFactTimes.size() + kOwnTexts.size();  // of a line

constexpr auto kPriceTexts = core::fact_members<core::FactText, core::is_price_text>();
// Lines are numbered from 1, in the order in which they were closed.
constexpr const char* kLastLine = "SELECT coalesce(sum(line_count), 0) FROM period";

// A row of nulls is no line: the last statement may have some.
std::string insert_sql(std::size_t lines) {
  return "INSERT INTO frozen_line (billed_at, id, snapshot, amounts, labels, submit_before, "
         "start_before, finish_before, upstream_end_before, " +
         fact_columns("", is_own_text) +
         ", task) SELECT line.*, (SELECT task FROM snapshot WHERE id = line.column3) "
         "FROM (VALUES " +
         placeholders(lines, kParameters) + ") AS line WHERE line.column1 IS NOT NULL";
}

std::string text_of(const std::optional<core::Decimal>& amount) {
  return amount ? amount->text() : std::string();
}

}  // namespace

LineInsert::LineInsert(SQLite::Database& database)
    : terms_(database, "line_terms",
             "period, incurred, kind, reversal, succeeded, lost, " +
                 fact_columns("", core::is_price_text) + ", unit, unit_price, currency"),
      amounts_(database, "line_amounts",
               "terms, line_id, adjusts, " + fact_columns("", core::is_count) +
                   ", quantity, cost, cost_note, resale_tiers"),
      labels_(database, "line_labels", "labels"),
      statement_(database, insert_sql(kAtOnce).c_str()),
      last_id_(database.execAndGet(kLastLine).getInt64()) {}

void LineInsert::add(std::int64_t period, const core::ReportLine& line) {
  int position = static_cast<int>(used_ * kParameters);
  const core::FinishedTask& task = line.task;
  const std::int64_t amounts = amounts_of(terms_of(period, line), line);
  statement_.bind_time(++position, task.billed_at);
  statement_.bind(++position, ++last_id_);
  statement_.bind(++position, task.snapshot);
  statement_.bind(++position, amounts);
  bind_labels(++position, task.labels);
  for (const core::FactTime time : core::kFactTimes) {
    ++position;
    if (const auto& at = task.facts.*time) {
      statement_.bind(position, std::int64_t{(task.billed_at - *at).count()});
    } else {
      statement_.bind_null(position);
    }
  }
  auto copy = texts_[used_].begin();
  for (const core::FactText text : kOwnTexts) {
    *copy = task.facts.*text;
    statement_.bind_or_null(++position, *copy++);
  }
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

std::int64_t LineInsert::terms_of(std::int64_t period, const core::ReportLine& line) {
  const core::Charge& charge = line.charge;
  const std::string unit_price = text_of(charge.unit_price);
  values_.clear();
  values_.add(period);
  values_.add(line.incurred_in == 0 ? period : line.incurred_in);
  values_.add(static_cast<std::int64_t>(charge.kind));
  values_.add(line.reversal ? 1 : 0);
  values_.add(line.task.succeeded ? 1 : 0);
  values_.add(line.task.lost ? 1 : 0);
  for (const core::FactText text : kPriceTexts) {
    values_.add(line.task.facts.*text);
  }
  if (charge.unit) {
    values_.add(static_cast<std::int64_t>(*charge.unit));
  } else {
    values_.add_null();
  }
  values_.add(unit_price);
  values_.add(charge.currency);
  return terms_.id_of(values_);
}

std::int64_t LineInsert::amounts_of(std::int64_t terms, const core::ReportLine& line) {
  const core::Charge& charge = line.charge;
  const bool has_usual_id =
      charge.line_id ==
      core::line_id(line.task.snapshot, line.task.raw_sha256, charge.kind, /*revision=*/1);
  const std::string line_id = has_usual_id ? "" : charge.line_id;
  const std::string adjusts(line.adjusts);
  const std::string quantity = text_of(charge.quantity);
  const std::string cost = text_of(charge.cost);
  values_.clear();
  values_.add(terms);
  values_.add(line_id);
  values_.add(adjusts);
  for (const core::FactText text : core::kCounts) {
    values_.add(line.task.facts.*text);
  }
  values_.add(quantity);
  values_.add(cost);
  values_.add(charge.cost_note);
  values_.add(charge.resale_tiers);
  return amounts_.id_of(values_);
}

void LineInsert::bind_labels(int position, const core::Labels& labels) {
  if (labels.empty()) {
    statement_.bind_null(position);
    return;
  }
  labels_text_.clear();
  append_json_object(labels_text_, labels);
  values_.clear();
  values_.add(labels_text_);
  statement_.bind(position, labels_.id_of(values_));
}

}  // namespace storage
