// Finished tasks for sums: core/billing/task_groups.h.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/answers/json_text.h"
#include "storage/statements/finished_tasks.h"
#include "storage/statements/rows.h"

namespace storage {

/// What a thread needs to read groups, and what its cursors share.
template <RowSource Rows>
struct GroupReader {
  explicit GroupReader(Rows& from) : source(from), accounts(from) {}
  Rows& source;
  AccountNames accounts;
  LabelReader labels;
};

/// Whether a price or a sum can depend on the fact.
constexpr bool tells_apart(const core::Fact& fact) {
  return core::is_price_text(fact) || core::is_count(fact);
}
inline constexpr auto kTellingFacts = core::fact_members<core::FactText, tells_apart>();

/// {account, state, labels, kTellingFacts, charged_under}.
[[nodiscard]] FinishedColumns group_columns(std::string charged_under);

/// Appends a text and its length to a group's key, so that no two lists of texts have the same key.
void append_key_text(std::string& key, std::string_view text);
void append_key_number(std::string& key, std::int64_t number);

/// The tasks of a slice.
template <RowSource Rows>
class GroupedTasks {
 public:
  GroupedTasks(GroupReader<Rows>& reader, const core::TaskSlice& slice, bool unfrozen_only)
      : reader_(reader),
        index_(slice.index),
        row_(select_finished(reader.source,
                             group_columns(charged_under_text(reader.accounts.size())), slice.index,
                             slice.query, unfrozen_only)) {}

  bool step() { return row_.step(); }
  [[nodiscard]] core::UtcTime time() const { return *row_.time(kTime); }
  void append_key(std::string& key) const {
    append_key_number(key, row_.integer(kAccount));
    key.push_back(static_cast<char>(row_.integer(kState)));
    for (int column = kLabels; column < kTime; ++column) {
      append_key_text(key, row_.text(column));
    }
  }
  [[nodiscard]] core::FinishedTask task() {
    core::FinishedTask task;
    task.account = reader_.accounts.name(row_.integer(kAccount));
    task.succeeded = row_.integer(kState) == static_cast<int>(core::TaskState::succeeded);
    task.labels = reader_.labels.read(row_.text(kLabels));
    int column = kFactsFrom;
    for (const auto member : kTellingFacts) {
      task.facts.*member = row_.text(column++);
    }
    task.charged_under = row_.text(kChargedUnder);
    task.billed_at = time();
    if (index_ == core::TimeIndex::first_seen_finished) {
      task.billed_at_source = core::BilledAt::first_seen_finished;
    }
    return task;
  }

 private:
  static constexpr int kAccount = 0;
  static constexpr int kState = 1;
  static constexpr int kLabels = 2;
  static constexpr int kFactsFrom = 3;
  static constexpr int kChargedUnder = kFactsFrom + static_cast<int>(kTellingFacts.size());
  static constexpr int kTime = kChargedUnder + 1;

  GroupReader<Rows>& reader_;
  core::TimeIndex index_;
  typename Rows::Cursor row_;
};

/// Selects the first finish time in [$1, $2), or the last one.
[[nodiscard]] std::string edge_of_finish_text(bool last);
/// Equal parts of the time in which tasks finished, which may be a small part of the period.
[[nodiscard]] std::vector<core::TaskSlice> slices_by_finish(const core::ReportQuery& query,
                                                            core::UtcTime first,
                                                            core::UtcTime last);

/// The parts of a query that several threads may read. Only an index finds a part of a period's
/// tasks without reading all of them.
template <RowSource Rows>
[[nodiscard]] std::vector<core::TaskSlice> slices_of(Rows& source, const core::ReportQuery& query) {
  const auto edge = [&](bool last) {
    auto row = source.select(edge_of_finish_text(last), {query.begin.time_since_epoch().count(),
                                                         query.end.time_since_epoch().count()});
    return row.step() ? row.time(0) : std::nullopt;
  };
  std::vector<core::TaskSlice> slices;
  for (const core::TimeIndex index : core::time_indexes(query.time)) {
    if (index != core::TimeIndex::finish_time) {
      slices.push_back({index, query});
    } else if (const auto first = edge(false)) {
      const auto parts = slices_by_finish(query, *first, *edge(true));
      slices.insert(slices.end(), parts.begin(), parts.end());
    }
  }
  return slices;
}

}  // namespace storage
