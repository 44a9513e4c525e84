#include "storage/postgres/billing/line_batch.h"

#include <optional>
#include <string>

#include "core/error.h"
#include "storage/answers/json_text.h"
#include "storage/statements/fact_columns.h"

namespace storage {
namespace {

using Kind = Column::Kind;

struct LineColumn {
  std::string name;
  Kind kind;
};

// In the order in which `add` fills them.
const std::vector<LineColumn>& line_columns() {
  static const std::vector<LineColumn> kColumns = [] {
    std::vector<LineColumn> all;
    for (const char* name : {"id", "period", "incurred", "billed_at", "kind", "reversal",
                             "snapshot", "succeeded", "lost", "unit"}) {
      all.push_back({name, Kind::integer});
    }
    each_fact(core::any_fact, [&all](const core::Fact& fact) {
      all.push_back({std::string(fact.column),
                     fact.kind == core::FactKind::time ? Kind::integer : Kind::text});
    });
    for (const char* name : {"line_id", "adjusts", "labels", "quantity", "unit_price", "currency",
                             "cost", "cost_note", "resale_tiers"}) {
      all.push_back({name, Kind::text});
    }
    return all;
  }();
  return kColumns;
}

const std::string& insert_text() {
  static const std::string kText = [] {
    std::string names;
    std::string arrays;
    for (const LineColumn& column : line_columns()) {
      names += column.name + ", ";
      arrays +=
          (arrays.empty() ? "$" : ", $") + std::to_string(&column - line_columns().data() + 1);
    }
    std::string values = names;
    values.resize(values.size() - 2);
    std::string selected;
    for (const LineColumn& column : line_columns()) {
      selected += "x." + column.name + ", ";
    }
    return "INSERT INTO report_line (" + names + "task) SELECT " + selected +
           "s.task FROM unnest(" + arrays + ") AS x (" + values +
           ") JOIN snapshot AS s ON s.id = x.snapshot";
  }();
  return kText;
}

std::string text_of(const std::optional<core::Decimal>& amount) {
  return amount ? amount->text() : std::string();
}

}  // namespace

LineBatch::LineBatch(Connection& connection, std::int64_t period, std::int64_t first_id)
    : connection_(connection), period_(period), next_id_(first_id) {
  clear();
}

void LineBatch::clear() {
  columns_.clear();
  for (const LineColumn& column : line_columns()) {
    columns_.emplace_back(column.kind);
  }
}

void LineBatch::add(const core::ReportLine& line) {
  const core::FinishedTask& task = line.task;
  const core::Charge& charge = line.charge;
  auto column = columns_.begin();
  for (const std::int64_t value :
       {next_id_++, period_, line.incurred_in == 0 ? period_ : line.incurred_in,
        std::int64_t{task.billed_at.time_since_epoch().count()},
        static_cast<std::int64_t>(charge.kind), std::int64_t{line.reversal}, task.snapshot,
        std::int64_t{task.succeeded}, std::int64_t{task.lost}}) {
    (column++)->add(value);
  }
  if (charge.unit) {
    (column++)->add(static_cast<std::int64_t>(*charge.unit));
  } else {
    (column++)->add_null();
  }
  for (const auto time : core::kFactTimes) {
    (column++)->add_time(task.facts.*time);
  }
  for (const auto text : core::kFactTexts) {
    (column++)->add_or_null(task.facts.*text);
  }
  std::string labels;
  if (!task.labels.empty()) {
    append_json_object(labels, task.labels);
  }
  (column++)->add(std::string_view(charge.line_id));
  for (const std::string& text :
       {std::string(line.adjusts), labels, text_of(charge.quantity), text_of(charge.unit_price),
        charge.currency, text_of(charge.cost), charge.cost_note, charge.resale_tiers}) {
    (column++)->add_or_null(text);
  }
  if (columns_.front().size() == kLinesMax) {
    flush();
  }
}

void LineBatch::flush() {
  const std::size_t lines = columns_.front().size();
  if (lines == 0) {
    return;
  }
  Parameters parameters;
  for (Column& column : columns_) {
    parameters.add(column);
  }
  if (connection_.execute(insert_text(), parameters) != lines) {
    throw core::Error("the ledger " + connection_.name() +
                      " lacks the answer of a line that is to be closed; run `reeltally db check`");
  }
  clear();
}

}  // namespace storage
