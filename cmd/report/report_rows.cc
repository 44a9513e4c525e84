#include "cmd/report/report_rows.h"

#include <utility>
#include <variant>

#include "cmd/report/report_output.h"

namespace cmd {
namespace {

using Kind = ReportCell::Kind;

Kind kind_of(const core::Fact& fact) {
  switch (fact.kind) {
    case core::FactKind::time:
      return Kind::time;
    case core::FactKind::text:
    case core::FactKind::price_text:
      break;
    case core::FactKind::count:
      return Kind::count;
  }
  return Kind::text;
}

bool is_shown(const core::Fact& fact, core::FactPlace place, const LineShape& shape) {
  return fact.place == place && fact.since <= shape.schema_version;
}

}  // namespace

ReportColumn fact_column(const core::Fact& fact) {
  return {std::string(fact.name_in_reports()), kind_of(fact)};
}

std::string_view label_of(const core::FinishedTask& task, std::string_view name) {
  for (const auto& [label, value] : task.labels) {
    if (label == name) {
      return value;
    }
  }
  return {};
}

std::vector<ReportColumn> line_columns(const LineShape& shape) {
  std::vector<ReportColumn> columns;
  const auto add = [&columns](Kind kind, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      columns.push_back({name, kind});
    }
  };
  const auto add_facts = [&columns, &shape](core::FactPlace place) {
    for (const core::Fact& fact : core::kFacts) {
      if (is_shown(fact, place, shape)) {
        columns.push_back(fact_column(fact));
      }
    }
  };
  add(Kind::text, {"line_id", "account", "task_id"});
  add_facts(core::FactPlace::before_status);
  add(Kind::text, {"status"});
  add_facts(core::FactPlace::behind_status);
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
  add_facts(core::FactPlace::at_the_end);
  return columns;
}

namespace {

// The counts stand on the first line of a task alone.
void write_fact(const core::TaskFacts& facts, const core::Fact& fact, bool first_line,
                const core::TimeZone& zone, RowWriter& row) {
  if (const core::FactTime* time = std::get_if<core::FactTime>(&fact.member)) {
    row.time(zone, facts.**time);
    return;
  }
  const std::string& text = facts.*std::get<core::FactText>(fact.member);
  if (fact.kind != core::FactKind::count) {
    row.text(text);
  } else {
    row.count(first_line ? std::string_view(text) : std::string_view());
  }
}

}  // namespace

void write_line(const core::ReportLine& line, const LineShape& shape, const core::TimeZone& zone,
                RowWriter& row) {
  const core::FinishedTask& task = line.task;
  const core::Charge& charge = line.charge;
  const auto write_facts = [&](core::FactPlace place) {
    for (const core::Fact& fact : core::kFacts) {
      if (is_shown(fact, place, shape)) {
        write_fact(task.facts, fact, charge.kind == core::LineKind::main, zone, row);
      }
    }
  };
  for (const std::string* text : {&charge.line_id, &task.account, &task.task_id}) {
    row.text(*text);
  }
  write_facts(core::FactPlace::before_status);
  row.text(task.succeeded ? "success" : "failure");
  write_facts(core::FactPlace::behind_status);
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
  write_facts(core::FactPlace::at_the_end);
  row.end_row();
}

}  // namespace cmd
