#include "core/billing/line_csv.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "core/billing/line_terms.h"
#include "core/files/sha256.h"

namespace core {
namespace {

CellKind kind_of(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::time:
      return CellKind::time;
    case FactKind::text:
    case FactKind::price_text:
      break;
    case FactKind::count:
      return CellKind::count;
  }
  return CellKind::text;
}

template <FactPlace place>
constexpr auto facts_at() {
  constexpr auto kAccepts = [](const Fact& fact) { return fact.place == place; };
  std::array<Fact, static_cast<std::size_t>(std::count_if(kFacts.begin(), kFacts.end(), kAccepts))>
      facts{};
  std::copy_if(kFacts.begin(), kFacts.end(), facts.begin(), kAccepts);
  return facts;
}
constexpr auto kBeforeStatus = facts_at<FactPlace::before_status>();
constexpr auto kBehindStatus = facts_at<FactPlace::behind_status>();
constexpr auto kAtTheEnd = facts_at<FactPlace::at_the_end>();

bool is_shown(const Fact& fact, const LineShape& shape) {
  return fact.since <= shape.schema_version;
}

}  // namespace

ReportColumn fact_column(const Fact& fact) {
  return {std::string(fact.name_in_reports()), kind_of(fact)};
}

std::string_view label_of(const FinishedTask& task, std::string_view name) {
  return label_value(task.labels, name);
}

std::vector<ReportColumn> line_columns(const LineShape& shape) {
  std::vector<ReportColumn> columns;
  const auto add = [&columns](CellKind kind, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      columns.push_back({name, kind});
    }
  };
  const auto add_facts = [&columns, &shape](const auto& facts) {
    for (const Fact& fact : facts) {
      if (is_shown(fact, shape)) {
        columns.push_back(fact_column(fact));
      }
    }
  };
  add(CellKind::text, {"line_id", "account", "task_id"});
  add_facts(kBeforeStatus);
  add(CellKind::text, {"status"});
  add_facts(kBehindStatus);
  add(CellKind::text, {"unit"});
  add(CellKind::amount, {"quantity", "unit_price"});
  add(CellKind::text, {"currency"});
  add(CellKind::amount, {"cost"});
  add(CellKind::text, {"cost_note", "adjusts"});
  for (const std::string& label : shape.labels) {
    columns.push_back({"label_" + label, CellKind::text});
  }
  add(CellKind::count, {"snapshot_id"});
  add(CellKind::text, {"raw_sha256"});
  add_facts(kAtTheEnd);
  if (shape.terms.conversions) {
    add(CellKind::text, {"billing_currency"});
    add(CellKind::amount, {"billing_cost", "rate"});
    add(CellKind::text, {"rate_note"});
  }
  if (shape.terms.resale) {
    add(CellKind::text, {"resale_currency"});
    add(CellKind::amount, {"resale", "margin"});
    add(CellKind::text, {"resale_note"});
  }
  return columns;
}

namespace {

// Only the first line of a task has the counts.
void write_fact(const TaskFacts& facts, const Fact& fact, bool first_line, const TimeZone& zone,
                RowSink& row) {
  if (const FactTime* time = std::get_if<FactTime>(&fact.member)) {
    row.time(zone, facts.**time);
    return;
  }
  const std::string& text = facts.*std::get<FactText>(fact.member);
  if (fact.kind != FactKind::count) {
    row.text(text);
  } else {
    row.count(first_line ? std::string_view(text) : std::string_view());
  }
}

void write_conversion(const Conversion* conversion, RowSink& row) {
  static const Conversion kNone;
  const Conversion& shown = conversion == nullptr ? kNone : *conversion;
  row.text(shown.currency);
  row.amount(shown.cost);
  row.amount(shown.rate);
  row.text(shown.note);
}

void write_resale(const Resale* resale, RowSink& row) {
  static const Resale kNone;
  const Resale& shown = resale == nullptr ? kNone : *resale;
  row.text(shown.currency);
  row.amount(shown.amount);
  row.amount(shown.margin);
  row.text(shown.note);
}

}  // namespace

void write_line(const ReportLine& line, const LineShape& shape, const TimeZone& zone,
                RowSink& row) {
  const FinishedTask& task = line.task;
  const Charge& charge = line.charge;
  const auto write_facts = [&](const auto& facts) {
    for (const Fact& fact : facts) {
      if (is_shown(fact, shape)) {
        write_fact(task.facts, fact, charge.kind == LineKind::main, zone, row);
      }
    }
  };
  for (const std::string* text : {&charge.line_id, &task.account, &task.task_id}) {
    row.text(*text);
  }
  write_facts(kBeforeStatus);
  row.text(task.succeeded ? "success" : "failure");
  write_facts(kBehindStatus);
  row.text(charge.unit ? name(*charge.unit) : std::string_view());
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
  write_facts(kAtTheEnd);
  if (shape.terms.conversions) {
    write_conversion(line.conversion, row);
  }
  if (shape.terms.resale) {
    write_resale(line.resale, row);
  }
  row.end_row();
}

void RowSink::amount(const std::optional<Decimal>& amount) {
  add(CellKind::amount, amount ? amount->text() : std::string());
}

void RowSink::time(const TimeZone& zone, const std::optional<UtcTime>& time) {
  scratch_.clear();
  if (time) {
    zone.append_text(scratch_, *time);
  }
  add(CellKind::time, scratch_);
}

CsvRows::CsvRows(std::string& out, const std::vector<ReportColumn>& columns, char delimiter)
    : csv_(out, delimiter) {
  for (const ReportColumn& column : columns) {
    csv_.text(column.name);
  }
  csv_.end_row();
}

std::string hash_lines(Reports& reports, const ReportQuery& query, const Pricing& pricing,
                       const TimeZone& zone, int schema_version, const VisitBoth& visit) {
  constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;
  const LineShape shape{reports.label_names(query), schema_version,
                        reports.shown_terms(query, pricing)};
  LineTerms terms(reports.closed_periods(), pricing, zone);
  Sha256 hash;
  std::string block;
  CsvRows rows(block, line_columns(shape), ',');
  reports.each_exact_line(query, pricing, zone, [&](const ReportLine& line) {
    const ReportLine shown = terms.apply(line);
    visit(line, shown);
    write_line(shown, shape, zone, rows);
    if (block.size() >= kBlockBytes) {
      hash.update(block);
      block.clear();
    }
  });
  hash.update(block);
  return hex(hash.finish());
}

}  // namespace core
