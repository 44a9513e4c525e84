#include "cmd/report/report_groups.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/error.h"

namespace cmd {
namespace {

constexpr std::array<std::pair<std::string_view, GroupKey::Kind>, 7> kWords = {{
    {"day", GroupKey::Kind::day},
    {"month", GroupKey::Kind::month},
    {"model", GroupKey::Kind::model},
    {"action", GroupKey::Kind::action},
    {"resolution", GroupKey::Kind::resolution},
    {"status", GroupKey::Kind::status},
    {"account", GroupKey::Kind::account},
}};

}  // namespace

GroupKey parse_group_key(std::string_view text) {
  for (const auto& [word, kind] : kWords) {
    if (word == text) {
      return {kind, std::string(word)};
    }
  }
  if (text.starts_with(core::kLabelMark) && text.size() > core::kLabelMark.size()) {
    return {GroupKey::Kind::label, "label_" + std::string(text.substr(core::kLabelMark.size()))};
  }
  throw core::UsageError("--by " + std::string(text) +
                         ": unknown key; use task alone, or day, month, model, action, "
                         "resolution, status, account or label:NAME");
}

bool has_label_key(const std::vector<GroupKey>& keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [](const GroupKey& key) { return key.kind == GroupKey::Kind::label; });
}

std::vector<std::string> group_values(const std::vector<GroupKey>& keys, const core::TimeZone& zone,
                                      const core::FinishedTask& task) {
  constexpr std::size_t kLabelPrefix = 6;  // of "label_"
  std::vector<std::string> values;
  for (const GroupKey& key : keys) {
    switch (key.kind) {
      case GroupKey::Kind::day:
        values.push_back(zone.day(task.billed_at));
        break;
      case GroupKey::Kind::month:
        values.push_back(zone.day(task.billed_at).substr(0, core::kMonthLength));
        break;
      case GroupKey::Kind::model:
        values.push_back(task.facts.model);
        break;
      case GroupKey::Kind::action:
        values.push_back(task.facts.action);
        break;
      case GroupKey::Kind::resolution:
        values.push_back(task.facts.resolution);
        break;
      case GroupKey::Kind::status:
        values.emplace_back(task.succeeded ? "success" : "failure");
        break;
      case GroupKey::Kind::account:
        values.push_back(task.account);
        break;
      case GroupKey::Kind::label:
        values.emplace_back(core::label_of(task, std::string_view(key.name).substr(kLabelPrefix)));
        break;
    }
  }
  return values;
}

void ReportGroups::Sum::add(const Sum& more) {
  any = any || more.any;
  exact = exact && more.exact;
  value += more.value;
}

void ReportGroups::Totals::add(const Totals& more) {
  tasks += more.tasks;
  unpriced += more.unpriced;
  unconverted += more.unconverted;
  unsold += more.unsold;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts.at(i).add(more.counts.at(i));
  }
}

// A line without a currency is a failure, or has no price: it must not make a row of its own.
ReportGroups::Currencies ReportGroups::currencies_of(const core::ReportLine& line) {
  return {.cost = line.charge.currency,
          .billing = line.charge.currency.empty() || line.conversion == nullptr
                         ? ""
                         : line.conversion->currency,
          .resale = line.resale == nullptr ? "" : line.resale->currency};
}

void ReportGroups::add_terms(const core::ReportLine& line, std::int64_t times, Totals& totals) {
  const auto add = [times](std::optional<core::Decimal>& sum, const core::Decimal& amount) {
    sum = sum.value_or(core::Decimal()) + amount * core::Decimal(times);
  };
  if (line.conversion != nullptr && line.conversion->cost && !line.charge.currency.empty()) {
    add(totals.billed, *line.conversion->cost);
  }
  totals.unconverted += line.lacking_conversions() * times;
  totals.unsold += line.lacking_resales() * times;
  if (line.resale != nullptr && line.resale->amount && !line.resale->currency.empty()) {
    add(totals.resale, *line.resale->amount);
  }
  if (line.resale != nullptr && line.resale->margin && !line.resale->currency.empty()) {
    add(totals.margin, *line.resale->margin);
  }
}

void ReportGroups::add(const core::ReportLine& line, std::int64_t times) {
  Totals& totals = groups_[group_values(keys_, zone_, line.task)][currencies_of(line)];
  totals.unpriced += line.lacking_costs() * times;
  if (line.charge.cost) {
    totals.cost = totals.cost.value_or(core::Decimal()) + *line.charge.cost * core::Decimal(times);
  }
  add_terms(line, times, totals);
  // A task is counted by its main line, even if another line is in another group.
  if (line.charge.kind == core::LineKind::main) {
    totals.tasks += line.reversal ? -times : times;
    add_counts(line, times, totals);
  }
}

// The quota of a failed task is refunded, even if its answer still has it (design.md B4). The quota
// of a task that is charged under another account is summed up there.
void ReportGroups::add_counts(const core::ReportLine& line, std::int64_t times, Totals& totals) {
  const bool charged = line.task.succeeded && !core::is_charged_elsewhere(line.charge);
  for (std::size_t i = 0; i < core::kCounts.size(); ++i) {
    const std::string& text = line.task.facts.*core::kCounts.at(i);
    const bool is_quota = core::kCounts.at(i) == &core::TaskFacts::quota;
    if (text.empty() || (is_quota && !charged)) {
      continue;
    }
    Sum& sum = totals.counts.at(i);
    const auto count = core::Decimal::parse(text);
    sum.any = true;
    sum.exact = sum.exact && count;
    sum.value += count.value_or(core::Decimal()) * core::Decimal(times);
  }
}

// Failures and lines without a price have no currency. They are counted in the first row of the
// group that has one; otherwise the group would have a second row. If no line has a currency, the
// cost is 0 if all lines are failures, and unknown otherwise.
ReportGroups::Rows ReportGroups::rows_of(const Rows& by_currency) {
  Rows rows = by_currency;
  const auto none = rows.find(Currencies{});
  if (none == rows.end()) {
    return rows;
  }
  if (const auto first = std::next(none); first != rows.end()) {
    first->second.add(none->second);
    rows.erase(none);
  } else if (none->second.unpriced > 0) {
    none->second.cost.reset();
  }
  return rows;
}

std::vector<core::ReportColumn> ReportGroups::columns() const {
  std::vector<core::ReportColumn> columns;
  for (const GroupKey& key : keys_) {
    columns.push_back({key.name, ReportCell::Kind::text});
  }
  columns.push_back({"tasks", ReportCell::Kind::count});
  columns.push_back({"currency", ReportCell::Kind::text});
  columns.push_back({"cost", ReportCell::Kind::amount});
  columns.push_back({"unpriced", ReportCell::Kind::count});
  for (const core::FactText count : core::kCounts) {
    columns.push_back(core::fact_column(core::fact_of(count)));
  }
  if (terms_.conversions) {
    columns.push_back({"billing_currency", ReportCell::Kind::text});
    columns.push_back({"billing_cost", ReportCell::Kind::amount});
    columns.push_back({"unconverted", ReportCell::Kind::count});
  }
  if (terms_.resale) {
    columns.push_back({"resale_currency", ReportCell::Kind::text});
    columns.push_back({"resale", ReportCell::Kind::amount});
    columns.push_back({"margin", ReportCell::Kind::amount});
    columns.push_back({"unsold", ReportCell::Kind::count});
  }
  return columns;
}

void ReportGroups::add_term_cells(const Currencies& currencies, const Totals& totals,
                                  std::vector<ReportCell>& row) const {
  const auto add_amount = [&row](const std::optional<core::Decimal>& amount) {
    row.push_back({ReportCell::Kind::amount, amount ? amount->text() : std::string()});
  };
  if (terms_.conversions) {
    row.push_back({ReportCell::Kind::text, currencies.billing});
    add_amount(totals.billed);
    row.push_back({ReportCell::Kind::count, std::to_string(totals.unconverted)});
  }
  if (terms_.resale) {
    row.push_back({ReportCell::Kind::text, currencies.resale});
    add_amount(totals.resale);
    add_amount(totals.margin);
    row.push_back({ReportCell::Kind::count, std::to_string(totals.unsold)});
  }
}

std::vector<std::vector<ReportCell>> ReportGroups::rows() const {
  std::vector<std::vector<ReportCell>> rows;
  for (const auto& [values, by_currency] : groups_) {
    for (const auto& [currencies, totals] : rows_of(by_currency)) {
      std::vector<ReportCell>& row = rows.emplace_back();
      for (const std::string& value : values) {
        row.push_back({ReportCell::Kind::text, value});
      }
      row.push_back({ReportCell::Kind::count, std::to_string(totals.tasks)});
      row.push_back({ReportCell::Kind::text, currencies.cost});
      row.push_back({ReportCell::Kind::amount, totals.cost ? totals.cost->text() : std::string()});
      row.push_back({ReportCell::Kind::count, std::to_string(totals.unpriced)});
      for (const Sum& sum : totals.counts) {
        row.push_back({ReportCell::Kind::count, sum.text()});
      }
      add_term_cells(currencies, totals, row);
    }
  }
  return rows;
}

}  // namespace cmd
