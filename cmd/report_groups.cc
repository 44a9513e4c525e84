#include "cmd/report_groups.h"

#include <utility>

#include "core/error.h"

namespace cmd {
namespace {

using Kind = GroupKey::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 7> kWords = {{
    {"day", Kind::day},
    {"month", Kind::month},
    {"model", Kind::model},
    {"action", Kind::action},
    {"resolution", Kind::resolution},
    {"status", Kind::status},
    {"account", Kind::account},
}};
constexpr std::string_view kLabelBegin = "label:";
constexpr std::size_t kMonthLength = 7;  // of 2026-10-05

}  // namespace

GroupKey parse_group_key(std::string_view text) {
  for (const auto& [word, kind] : kWords) {
    if (word == text) {
      return {kind, std::string(word)};
    }
  }
  if (text.starts_with(kLabelBegin) && text.size() > kLabelBegin.size()) {
    return {Kind::label, "label_" + std::string(text.substr(kLabelBegin.size()))};
  }
  throw core::UsageError("--by " + std::string(text) +
                         ": no such key; use task alone, or day, month, model, action, "
                         "resolution, status, account or label:NAME");
}

std::vector<std::string> ReportGroups::key_values(const core::FinishedTask& task) const {
  constexpr std::size_t kLabelPrefix = 6;  // of "label_"
  std::vector<std::string> values;
  for (const GroupKey& key : keys_) {
    switch (key.kind) {
      case Kind::day:
        values.push_back(zone_.day(task.billed_at));
        break;
      case Kind::month:
        values.push_back(zone_.day(task.billed_at).substr(0, kMonthLength));
        break;
      case Kind::model:
        values.push_back(task.facts.model);
        break;
      case Kind::action:
        values.push_back(task.facts.action);
        break;
      case Kind::resolution:
        values.push_back(task.facts.resolution);
        break;
      case Kind::status:
        values.emplace_back(task.succeeded ? "success" : "failure");
        break;
      case Kind::account:
        values.push_back(task.account);
        break;
      case Kind::label:
        values.emplace_back(label_of(task, std::string_view(key.name).substr(kLabelPrefix)));
        break;
    }
  }
  return values;
}

void ReportGroups::add(const core::ReportLine& line, std::int64_t times) {
  std::vector<std::string> key = key_values(line.task);
  key.push_back(line.charge.currency);
  Totals& totals = groups_[std::move(key)];
  if (line.charge.cost) {
    totals.cost = totals.cost.value_or(core::Decimal()) + *line.charge.cost * core::Decimal(times);
  } else {
    totals.unpriced += times;
  }
  // The task itself counts on its first line, wherever the second one lies.
  if (line.charge.kind == core::LineKind::main) {
    totals.tasks += line.reversal ? -times : times;
    add_counts(line.task.facts, times, totals);
  }
}

void ReportGroups::add_counts(const core::TaskFacts& facts, std::int64_t times, Totals& totals) {
  const auto counts = counts_of(facts);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts.at(i).empty()) {
      continue;
    }
    Sum& sum = totals.counts.at(i);
    const auto count = core::Decimal::parse(counts.at(i));
    sum.any = true;
    sum.exact = sum.exact && count;
    sum.value += count.value_or(core::Decimal()) * core::Decimal(times);
  }
}

std::vector<ReportColumn> ReportGroups::columns() const {
  std::vector<ReportColumn> columns;
  for (const GroupKey& key : keys_) {
    columns.push_back({key.name, ReportCell::Kind::text});
  }
  columns.push_back({"tasks", ReportCell::Kind::count});
  columns.push_back({"currency", ReportCell::Kind::text});
  columns.push_back({"cost", ReportCell::Kind::amount});
  columns.push_back({"unpriced", ReportCell::Kind::count});
  for (const std::string_view name : kCountColumns) {
    columns.push_back({std::string(name), ReportCell::Kind::count});
  }
  return columns;
}

std::vector<std::vector<ReportCell>> ReportGroups::rows() const {
  std::vector<std::vector<ReportCell>> rows;
  for (const auto& [values, totals] : groups_) {
    std::vector<ReportCell>& row = rows.emplace_back();
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      row.push_back({ReportCell::Kind::text, values.at(i)});
    }
    row.push_back({ReportCell::Kind::count, std::to_string(totals.tasks)});
    row.push_back({ReportCell::Kind::text, values.back()});
    row.push_back({ReportCell::Kind::amount, totals.cost ? totals.cost->text() : std::string()});
    row.push_back({ReportCell::Kind::count, std::to_string(totals.unpriced)});
    for (const Sum& sum : totals.counts) {
      row.push_back({ReportCell::Kind::count, sum.text()});
    }
  }
  return rows;
}

}  // namespace cmd
