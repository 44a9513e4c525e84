// Reads the frozen lines of closed periods from the ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/answers/json_text.h"
#include "storage/statements/finished_tasks.h"
#include "storage/statements/rows.h"

namespace storage {

/// Selects the lines of [$1, $2) whose `succeeded` is in [$3, $4], by time; lines with equal times
/// in the order of their report.
[[nodiscard]] std::string frozen_lines_text(const core::ReportQuery& query);
/// The lines of the task $1 that no frozen line reverses, the main one first.
[[nodiscard]] std::string standing_lines_text();
/// How many lines of the task $1, its answer $2 and kind $3 were ever frozen, including reversed
/// ones.
inline constexpr const char* kRevisions =
    "SELECT count(*) FROM report_line WHERE task = $1 AND snapshot = $2 AND kind = $3 AND "
    "reversal = 0";
/// The texts of labels of frozen_lines_text.
[[nodiscard]] std::string frozen_labels_text(const core::ReportQuery& query);

/// Reads a frozen line's amounts, from the column on.
template <RowReader Row>
void read_charge(const Row& row, int column, core::OwnedLine& line) {
  const auto amount = [&row](int from) {
    return row.is_null(from) ? std::nullopt
                             : std::optional(core::Decimal::from_text(row.text(from)));
  };
  core::Charge& charge = line.charge;
  const int id = column++;
  charge.kind = static_cast<core::LineKind>(row.integer(column++));
  charge.line_id = row.is_null(id)
                       ? core::line_id(line.task.snapshot, line.task.raw_sha256, charge.kind, 1)
                       : std::string(row.text(id));
  line.reversal = row.integer(column++) != 0;
  line.adjusts = row.text(column++);
  line.incurred_in = row.integer(column++);
  charge.unit = row.is_null(column)
                    ? std::nullopt
                    : std::optional(static_cast<core::PriceUnit>(row.integer(column)));
  ++column;
  charge.quantity = amount(column++);
  charge.unit_price = amount(column++);
  charge.currency = row.text(column++);
  charge.cost = amount(column++);
  charge.cost_note = row.text(column++);
  charge.resale_tiers = row.text(column++);
  line.incurred_at = row.time(column++).value_or(line.task.billed_at);
  line.reversed_at = row.time(column).value_or(line.incurred_at);
}

/// Reads a frozen line's columns from left to right.
template <RowReader Row>
void read_line(const Row& row, const AccountNames& accounts, LabelReader& labels,
               core::OwnedLine& line) {
  core::FinishedTask& task = line.task;
  int column = read_task_columns(row, accounts, task);
  task.labels = labels.read(row.text(column++));
  task.snapshot = row.integer(column++);
  task.raw_sha256 = core::hex(row.text(column++));
  task.lost = row.integer(column++) != 0;
  task.billed_at = *row.time(column++);
  read_charge(row, column, line);
}

/// Frozen lines by time.
template <RowSource Rows>
class FrozenLines {
 public:
  FrozenLines(Rows& source, const core::ReportQuery& query)
      : accounts_(source),
        cursor_(source.select(
            frozen_lines_text(query),
            {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count(),
             query.failures ? 0 : 1, query.successes ? 1 : 0})),
        at_end_(!cursor_.step()) {}

  [[nodiscard]] bool at_end() const { return at_end_; }
  [[nodiscard]] core::UtcTime time() const { return *cursor_.time(kTimeColumn); }
  void take(core::OwnedLine& line) {
    read_line(cursor_, accounts_, labels_, line);
    at_end_ = !cursor_.step();
  }

 private:
  static constexpr int kTimeColumn = 7 + static_cast<int>(core::kFacts.size());

  AccountNames accounts_;
  typename Rows::Cursor cursor_;
  LabelReader labels_;
  bool at_end_;
};

/// The lines of one task that no frozen line reverses.
template <RowSource Rows>
class StandingLines {
 public:
  explicit StandingLines(Rows& source)
      : accounts_(source),
        cursor_(source.select(standing_lines_text(), {0})),
        revisions_(source.select(kRevisions, {0, 0, 0})) {}

  [[nodiscard]] std::vector<core::OwnedLine> of(std::int64_t task) {
    cursor_.restart({task});
    std::vector<core::OwnedLine> lines;
    while (cursor_.step()) {
      read_line(cursor_, accounts_, labels_, lines.emplace_back());
    }
    return lines;
  }
  [[nodiscard]] std::int64_t revisions(std::int64_t task, std::int64_t snapshot,
                                       core::LineKind kind) {
    revisions_.restart({task, snapshot, static_cast<std::int64_t>(kind)});
    revisions_.step();
    return revisions_.integer(0);
  }

 private:
  AccountNames accounts_;
  typename Rows::Cursor cursor_;
  typename Rows::Cursor revisions_;
  LabelReader labels_;
};

/// Adds the names of the labels of frozen lines.
template <RowSource Rows>
void add_frozen_labels(Rows& source, const core::ReportQuery& query, std::set<std::string>& names) {
  auto cursor =
      source.select(frozen_labels_text(query),
                    {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count(),
                     query.failures ? 0 : 1, query.successes ? 1 : 0});
  while (cursor.step()) {
    core::add_passing_names(read_labels(cursor.text(0)), query.label_filter, names);
  }
}

}  // namespace storage
