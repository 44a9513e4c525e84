#include "cmd/report/report_rows.h"

#include <algorithm>
#include <utility>

#include "cmd/report/report_output.h"

namespace cmd {
namespace {

using Kind = ReportCell::Kind;

// The migration that brought request IDs (migrations/0010_answer_facts.sql).
constexpr int kRequestIdsSince = 10;

}  // namespace

std::array<std::string_view, kCountColumns.size()> counts_of(const core::TaskFacts& facts) {
  std::array<std::string_view, kCountColumns.size()> counts;
  std::transform(core::kCounts.begin(), core::kCounts.end(), counts.begin(),
                 [&facts](const auto count) { return std::string_view(facts.*count); });
  return counts;
}

std::string_view label_of(const core::FinishedTask& task, std::string_view name) {
  for (const auto& [label, value] : task.labels) {
    if (label == name) {
      return value;
    }
  }
  return {};
}

LineShape line_shape(std::vector<std::string> labels, int schema_version) {
  return {.labels = std::move(labels), .request_ids = schema_version >= kRequestIdsSince};
}

std::vector<ReportColumn> line_columns(const LineShape& shape) {
  std::vector<ReportColumn> columns;
  const auto add = [&columns](Kind kind, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      columns.push_back({name, kind});
    }
  };
  add(Kind::text, {"line_id", "account", "task_id", "model", "action", "status"});
  add(Kind::time, {"submitted_at", "started_at", "finished_at", "upstream_finished_at"});
  add(Kind::text, {"resolution", "ratio"});
  for (const std::string_view name : kCountColumns) {
    columns.push_back({std::string(name), Kind::count});
  }
  add(Kind::text, {"unit"});
  add(Kind::amount, {"quantity", "unit_price"});
  add(Kind::text, {"currency"});
  add(Kind::amount, {"cost"});
  add(Kind::text, {"cost_note", "adjusts"});
  for (const std::string& label : shape.labels) {
    columns.push_back({"label_" + label, Kind::text});
  }
  add(Kind::count, {"snapshot_id"});
  add(Kind::text, {"raw_sha256"});
  if (shape.request_ids) {
    add(Kind::text, {"request_id"});
  }
  return columns;
}

void write_line(const core::ReportLine& line, const LineShape& shape, const core::TimeZone& zone,
                RowWriter& row) {
  const core::FinishedTask& task = line.task;
  const core::Charge& charge = line.charge;
  const core::TaskFacts& facts = task.facts;
  for (const std::string* text :
       {&charge.line_id, &task.account, &task.task_id, &facts.model, &facts.action}) {
    row.text(*text);
  }
  row.text(task.succeeded ? "success" : "failure");
  for (const auto* time :
       {&facts.submit_time, &facts.start_time, &facts.finish_time, &facts.upstream_end_time}) {
    row.time(zone, *time);
  }
  row.text(facts.resolution);
  row.text(facts.ratio);
  const bool first = charge.kind == core::LineKind::main;
  for (const std::string_view count : counts_of(facts)) {
    row.count(first ? count : std::string_view());
  }
  row.text(charge.unit ? core::name(*charge.unit) : std::string_view());
  row.amount(charge.quantity);
  row.amount(charge.unit_price);
  row.text(charge.currency);
  row.amount(charge.cost);
  row.text(charge.cost_note);
  row.text(line.adjusts);
  for (const std::string& label : shape.labels) {
    row.text(label_of(task, label));
  }
  row.count(std::to_string(task.snapshot));
  row.text(task.raw_sha256);
  if (shape.request_ids) {
    row.text(facts.request_id);
  }
  row.end_row();
}

}  // namespace cmd
