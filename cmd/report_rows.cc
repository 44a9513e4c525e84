#include "cmd/report_rows.h"

#include <algorithm>
#include <optional>

namespace cmd {
namespace {

using Kind = ReportCell::Kind;

// Fills cells of a row from left to right.
class Cells {
 public:
  explicit Cells(std::vector<ReportCell>& cells) : cells_(cells) {}

  void add(Kind kind, std::string_view text) { next(kind).assign(text); }
  void text(std::string_view text) { add(Kind::text, text); }
  void time(const core::TimeZone& zone, const std::optional<core::UtcTime>& time) {
    std::string& text = next(Kind::time);
    text.clear();
    if (time) {
      zone.append_text(text, *time);
    }
  }
  void amount(const std::optional<core::Decimal>& amount) {
    add(Kind::amount, amount ? amount->text() : std::string());
  }
  void end() { cells_.resize(used_); }

 private:
  std::string& next(Kind kind) {
    if (used_ == cells_.size()) {
      cells_.emplace_back();
    }
    ReportCell& cell = cells_[used_++];
    cell.kind = kind;
    return cell.text;
  }

  std::vector<ReportCell>& cells_;
  std::size_t used_ = 0;
};

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

std::vector<ReportColumn> line_columns(const std::vector<std::string>& labels) {
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
  for (const std::string& label : labels) {
    columns.push_back({"label_" + label, Kind::text});
  }
  add(Kind::count, {"snapshot_id"});
  add(Kind::text, {"raw_sha256"});
  return columns;
}

void fill_line_cells(const core::ReportLine& line, const std::vector<std::string>& labels,
                     const core::TimeZone& zone, std::vector<ReportCell>& row) {
  const core::FinishedTask& task = line.task;
  const core::Charge& charge = line.charge;
  const core::TaskFacts& facts = task.facts;
  Cells cells(row);
  for (const std::string* text :
       {&charge.line_id, &task.account, &task.task_id, &facts.model, &facts.action}) {
    cells.text(*text);
  }
  cells.text(task.succeeded ? "success" : "failure");
  for (const auto* time :
       {&facts.submit_time, &facts.start_time, &facts.finish_time, &facts.upstream_end_time}) {
    cells.time(zone, *time);
  }
  cells.text(facts.resolution);
  cells.text(facts.ratio);
  const bool first = charge.kind == core::LineKind::main;
  for (const std::string_view count : counts_of(facts)) {
    cells.add(Kind::count, first ? count : std::string_view());
  }
  cells.text(charge.unit ? core::name(*charge.unit) : std::string_view());
  cells.amount(charge.quantity);
  cells.amount(charge.unit_price);
  cells.text(charge.currency);
  cells.amount(charge.cost);
  cells.text(charge.cost_note);
  cells.text(line.adjusts);
  for (const std::string& label : labels) {
    cells.text(label_of(task, label));
  }
  cells.add(Kind::count, std::to_string(task.snapshot));
  cells.text(task.raw_sha256);
  cells.end();
}

}  // namespace cmd
