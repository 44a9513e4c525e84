#include "tests/support/fake_billing_source.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/billing/period_statement.h"
#include "core/error.h"
#include "tests/support/vector_cursors.h"

namespace support {
namespace {

using core::ClosedPeriod;
using core::FinishedTask;
using core::OwnedLine;
using core::ReportQuery;
using core::TaskState;
using core::UtcTime;
using Task = MemoryLedger::Task;

constexpr int kSchemaVersion = 10;

bool is_finished(TaskState state) {
  return state == TaskState::succeeded || state == TaskState::failed;
}

UtcTime submitted(const Task& task) { return task.facts.submit_time.value_or(task.first_seen); }

bool is_within(UtcTime time, const ReportQuery& query) {
  return query.begin <= time && time < query.end;
}

bool is_wanted(bool succeeded, const ReportQuery& query) {
  return succeeded ? query.successes : query.failures;
}

class FakeSource final : public core::BillingSource {
 public:
  explicit FakeSource(std::shared_ptr<MemoryLedger> ledger)
      : ledger_(std::move(ledger)), state_(*ledger_) {}

  const std::vector<ClosedPeriod>& closed_periods() override { return state_.closed; }
  std::map<std::string, std::int64_t> accounts() override {
    std::map<std::string, std::int64_t> accounts;
    for (const std::string& name : state_.accounts) {
      accounts.emplace(name, account_key(name));
    }
    return accounts;
  }
  int schema_version() const override { return kSchemaVersion; }

  std::unique_ptr<core::TaskCursor> finished_tasks(const ReportQuery& query,
                                                   bool unfrozen_only) override {
    return std::make_unique<VectorCursor<FinishedTask>>(finished(query, unfrozen_only));
  }
  std::size_t group_readers() const override { return 2; }
  std::vector<core::TaskSlice> slices(const ReportQuery& query) override {
    core::TaskSlice first{core::time_indexes(query.time).front(), query};
    core::TaskSlice second = first;
    first.query.end = second.query.begin = query.begin + (query.end - query.begin) / 2;
    return {first, second};
  }
  std::unique_ptr<core::GroupCursor> grouped_tasks(const core::TaskSlice& slice, bool unfrozen_only,
                                                   std::size_t /*reader*/) override {
    return std::make_unique<GroupVector>(finished(slice.query, unfrozen_only));
  }
  void add_task_label_names(const ReportQuery& query, bool unfrozen_only,
                            const std::function<bool(UtcTime)>& skip,
                            std::set<std::string>& names) override {
    for (const FinishedTask& task : finished(query, unfrozen_only)) {
      if (!skip(task.billed_at) && core::passes(task.labels, query.label_filter)) {
        add_names(task.labels, names);
      }
    }
  }

  std::unique_ptr<core::LineCursor> frozen_lines(const ReportQuery& query) override {
    return std::make_unique<VectorCursor<OwnedLine>>(frozen(query));
  }
  void add_frozen_label_names(const ReportQuery& query, std::set<std::string>& names) override {
    for (const OwnedLine& line : frozen(query)) {
      if (core::passes(line.task.labels, query.label_filter)) {
        add_names(line.task.labels, names);
      }
    }
  }

  std::vector<std::int64_t> answered_since(const std::vector<const ClosedPeriod*>& periods,
                                           const ReportQuery& /*query*/) override {
    std::int64_t mark = static_cast<std::int64_t>(state_.snapshots.size());
    for (const ClosedPeriod* closed : periods) {
      mark = std::min(mark, closed->checked_to);
    }
    std::vector<std::int64_t> tasks;
    for (auto at = state_.snapshots.begin() + mark; at != state_.snapshots.end(); ++at) {
      if (at->is_final) {
        tasks.push_back(at->task);
      }
    }
    return tasks;
  }
  std::vector<std::int64_t> tasks_ruled_by(const ClosedPeriod& closed,
                                           const ReportQuery& /*query*/) override {
    std::vector<std::int64_t> tasks;
    for (const auto& line : state_.lines) {
      if (line.line.incurred_in == closed.key) {
        tasks.push_back(line.task);
      }
    }
    return tasks;
  }
  bool find_task(std::int64_t key, FinishedTask& task) override {
    if (!is_finished(task_at(key).standing.state)) {
      return false;
    }
    task = finished_task(key, core::ReportTime::finish);
    return true;
  }
  std::vector<OwnedLine> standing_lines(std::int64_t task) override {
    std::vector<OwnedLine> standing;
    for (const auto& line : state_.lines) {
      if (line.task == task && stands(line.line)) {
        standing.push_back(line.line);
      }
    }
    std::stable_sort(standing.begin(), standing.end(), [](const auto& left, const auto& right) {
      return left.charge.kind < right.charge.kind;
    });
    return standing;
  }
  std::int64_t revisions(std::int64_t task, std::int64_t snapshot, core::LineKind kind) override {
    return std::count_if(state_.lines.begin(), state_.lines.end(), [&](const auto& one) {
      return one.task == task && one.line.task.snapshot == snapshot &&
             one.line.charge.kind == kind && !one.line.reversal;
    });
  }

  std::vector<std::string> closing_findings(UtcTime /*begin*/, UtcTime /*end*/,
                                            const std::set<std::int64_t>& /*corrected*/) override {
    return {};
  }
  std::vector<core::TaskName> written_off(const ClosedPeriod& closed) override {
    std::vector<core::TaskName> names;
    for (const auto& one : state_.written_off) {
      if (one.period == closed.key) {
        names.push_back({task_at(one.task).account, task_at(one.task).id.text()});
      }
    }
    return names;
  }
  void each_proof(const ClosedPeriod& closed,
                  const std::function<void(const core::LineProof&)>& visit) override {
    for (const auto& one : state_.lines) {
      if (one.period != closed.key) {
        continue;
      }
      const auto kept =
          std::find_if(state_.snapshots.begin(), state_.snapshots.end(), [&](const auto& answer) {
            return answer.task == one.task && answer.sha256 == one.line.task.raw_sha256 &&
                   !answer.is_pruned;
          });
      visit({.line_id = one.line.charge.line_id,
             .task_id = one.line.task.task_id,
             .answer = kept == state_.snapshots.end() ? std::nullopt : std::optional(kept->body)});
    }
  }
  std::vector<core::LaterBook> later_books(const ClosedPeriod& closed) override {
    std::vector<core::LaterBook> books;
    const auto [begin, end] = state_.later_books.equal_range(closed.key);
    std::transform(begin, end, std::back_inserter(books),
                   [](const auto& book) { return book.second; });
    return books;
  }
  void each_relabelled(UtcTime begin, UtcTime end,
                       const std::function<void(const core::RelabelledTask&)>& visit) override {
    for (const auto& one : state_.lines) {
      const core::FinishedTask& task = one.line.task;
      if (task.billed_at >= begin && task.billed_at < end && !one.line.reversal &&
          one.line.charge.kind == core::LineKind::main &&
          core::differing_label(task.labels, task_at(one.task).labels)) {
        visit({{task.account, task.task_id}, task.labels, task_at(one.task).labels});
      }
    }
  }
  std::int64_t unpriced_lines(const ClosedPeriod& closed, core::LineScope scope) override {
    return std::count_if(state_.lines.begin(), state_.lines.end(), [&](const auto& one) {
      const bool counts = scope == core::LineScope::shown
                              ? one.period == closed.key
                              : one.line.incurred_in == closed.key && stands(one.line);
      return counts && !one.line.charge.cost && !one.line.reversal;
    });
  }

  core::OpenTasks open_tasks(const ReportQuery& query) override {
    const auto count = [&](TaskState state) {
      return static_cast<std::uint64_t>(
          std::count_if(state_.tasks.begin(), state_.tasks.end(), [&](const auto& one) {
            const Task& task = one.second;
            return task.standing.state == state && is_within(submitted(task), query) &&
                   is_of(task, query) && core::passes(task.labels, query.label_filter);
          }));
    };
    return {.unfinished = count(TaskState::unfinished), .missing = count(TaskState::missing)};
  }
  void each_open_task(const ReportQuery& query,
                      const std::function<void(const core::OpenTask&)>& visit) override {
    for (const auto& [key, task] : state_.tasks) {
      if (!is_finished(task.standing.state) && is_within(submitted(task), query) &&
          is_of(task, query)) {
        visit({.task_id = task.id.text(),
               .request_id = task.facts.request_id,
               .missing = task.standing.state == TaskState::missing});
      }
    }
  }
  core::FutureTasks future_tasks(const ReportQuery& query) override {
    core::FutureTasks future;
    const UtcTime newest =
        state_.snapshots.empty() ? UtcTime::max() : state_.snapshots.back().observed_at;
    for (const auto& [key, task] : state_.tasks) {
      const auto& finish = task.facts.finish_time;
      if (is_finished(task.standing.state) && finish && is_of(task, query) &&
          core::passes(task.labels, query.label_filter) &&
          *finish > newest + std::chrono::minutes(5)) {
        ++future.tasks;
        if (*finish >= future.latest) {
          future.latest = *finish;
          future.task_id = task.id.text();
        }
      }
    }
    return future;
  }
  std::optional<UtcTime> newest_answer() override {
    return state_.snapshots.empty() ? std::nullopt
                                    : std::optional(state_.snapshots.back().observed_at);
  }
  core::PeriodBlockers blockers(const core::Period& period, UtcTime stale_before) override {
    core::PeriodBlockers blockers;
    std::multimap<UtcTime, const Task*> by_time;
    for (const auto& [key, task] : state_.tasks) {
      const UtcTime time = task.standing.state == TaskState::unfinished
                               ? submitted(task)
                               : task.facts.finish_time.value_or(task.first_seen);
      if ((MemoryLedger::is_open(task) || task.settles_at) &&
          is_within(time, {.begin = period.begin, .end = period.end})) {
        by_time.emplace(time, &task);
      }
    }
    for (const auto& [time, task] : by_time) {
      core::BlockingTasks& tasks = task->settles_at      ? blockers.unsettled
                                   : time < stale_before ? blockers.stale
                                                         : blockers.running;
      ++tasks.count;
      tasks.accounts.insert(task->account);
      tasks.oldest = std::min(tasks.oldest, time);
      if (tasks.first.size() < core::BlockingTasks::kNamed) {
        tasks.first.push_back({task->account, task->id.text()});
      }
    }
    return blockers;
  }
  std::vector<core::SharedTasks> shared_tasks(core::SharedTaskScope /*scope*/) override {
    std::map<std::pair<std::string, std::string>, core::SharedTasks> pairs;
    for (const auto& [own_key, one] : state_.tasks) {
      for (const auto& [other_key, other] : state_.tasks) {
        if (one.id == other.id && account_key(one.account) < account_key(other.account)) {
          core::SharedTasks& shared = pairs[{one.account, other.account}];
          shared.account = one.account;
          shared.other = other.account;
          shared.example = shared.tasks++ == 0 ? one.id.text() : shared.example;
          shared.one_task +=
              is_finished(one.standing.state) && sha256(one) == sha256(other) ? 1U : 0U;
        }
      }
    }
    std::vector<core::SharedTasks> all;
    for (const auto& [names, shared] : pairs) {
      all.push_back(shared);
    }
    return all;
  }

  std::unique_ptr<core::PeriodWriter> close(const ClosedPeriod& period, UtcTime now) override;
  void reprice(const ClosedPeriod& closed, const std::string& prices, UtcTime /*now*/) override {
    for (ClosedPeriod& own : ledger_->closed) {
      if (own.key == closed.key) {
        own.later_prices = prices;
        ledger_->later_books.emplace(own.key, core::LaterBook{.prices = prices});
        own.repriced = true;
      }
    }
  }
  void keep_signature(const ClosedPeriod& closed, const std::string& signature,
                      UtcTime /*now*/) override {
    for (ClosedPeriod& own : ledger_->closed) {
      if (own.key == closed.key) {
        own.signature = signature;
      }
    }
  }
  void keep_bundle(const ClosedPeriod& closed, const std::string& sha256,
                   UtcTime /*now*/) override {
    for (ClosedPeriod& own : ledger_->closed) {
      if (own.key == closed.key) {
        own.bundle = sha256;
      }
    }
  }

 private:
  [[nodiscard]] const Task& task_at(std::int64_t key) const { return state_.tasks.at(key); }
  [[nodiscard]] std::int64_t account_key(const std::string& name) const {
    const auto found = std::find(state_.accounts.begin(), state_.accounts.end(), name);
    return found - state_.accounts.begin() + 1;
  }
  [[nodiscard]] bool is_of(const Task& task, const ReportQuery& query) const {
    return query.account == 0 || query.account == account_key(task.account);
  }
  [[nodiscard]] const std::string& sha256(const Task& task) const {
    return state_.snapshots.at(task.final_answer.value()).sha256;
  }
  static void add_names(const core::Labels& labels, std::set<std::string>& names) {
    for (const auto& [name, value] : labels) {
      names.insert(name);
    }
  }
  [[nodiscard]] bool stands(const OwnedLine& line) const {
    return !line.reversal &&
           std::none_of(state_.lines.begin(), state_.lines.end(), [&line](const auto& other) {
             return other.line.reversal && other.line.adjusts == line.charge.line_id;
           });
  }
  [[nodiscard]] UtcTime first_seen_finished(std::int64_t key) const {
    return std::find_if(state_.snapshots.begin(), state_.snapshots.end(),
                        [key](const auto& one) { return one.task == key && one.is_final; })
        ->observed_at;
  }

  [[nodiscard]] FinishedTask finished_task(std::int64_t key, core::ReportTime time) const {
    const Task& task = task_at(key);
    const auto& answer = state_.snapshots.at(task.final_answer.value());
    FinishedTask finished{.account = task.account,
                          .task_id = task.id.text(),
                          .succeeded = task.standing.state == TaskState::succeeded,
                          .facts = task.facts,
                          .labels = task.labels,
                          .snapshot = answer.number,
                          .raw_sha256 = answer.sha256};
    finished.facts.model = MemoryLedger::model(task);
    const bool by_finish = time == core::ReportTime::finish;
    const auto& named = by_finish ? task.facts.finish_time : task.facts.submit_time;
    if (named) {
      finished.billed_at = *named;
    } else {
      finished.billed_at = by_finish ? first_seen_finished(key) : task.first_seen;
      finished.billed_at_source =
          by_finish ? core::BilledAt::first_seen_finished : core::BilledAt::first_seen;
    }
    return finished;
  }
  [[nodiscard]] std::vector<FinishedTask> finished(const ReportQuery& query,
                                                   bool unfrozen_only) const {
    std::vector<FinishedTask> tasks;
    for (const auto& [key, task] : state_.tasks) {
      const bool frozen = std::any_of(state_.lines.begin(), state_.lines.end(),
                                      [key = key](const auto& line) { return line.task == key; });
      if (!is_finished(task.standing.state) || !is_of(task, query) || (unfrozen_only && frozen)) {
        continue;
      }
      FinishedTask found = finished_task(key, query.time);
      if (is_within(found.billed_at, query) && is_wanted(found.succeeded, query)) {
        found.labels = query.labels ? found.labels : core::Labels{};
        tasks.push_back(std::move(found));
      }
    }
    if (query.sorted) {
      std::sort(tasks.begin(), tasks.end(), [](const auto& left, const auto& right) {
        return std::tie(left.task_id, left.account) < std::tie(right.task_id, right.account);
      });
    }
    return tasks;
  }
  [[nodiscard]] std::vector<OwnedLine> frozen(const ReportQuery& query) const {
    std::vector<OwnedLine> lines;
    for (const auto& one : state_.lines) {
      if (is_within(one.line.task.billed_at, query) && is_wanted(one.line.task.succeeded, query) &&
          is_of(task_at(one.task), query)) {
        lines.push_back(one.line);
      }
    }
    return lines;
  }

  std::shared_ptr<MemoryLedger> ledger_;
  MemoryLedger state_;  // when this was opened
};

class FakeWriter final : public core::PeriodWriter {
 public:
  FakeWriter(std::shared_ptr<MemoryLedger> ledger, ClosedPeriod period, UtcTime now)
      : ledger_(std::move(ledger)), next_(*ledger_), period_(std::move(period)) {
    if (core::overlapping_closed_period(next_.closed, period_.period) != nullptr) {
      throw core::Error("it overlaps a closed period");
    }
    period_.key = std::ssize(next_.closed) + 1;
    period_.schema_version = kSchemaVersion;
    period_.checked_to = std::ssize(next_.snapshots);
    period_.closed_at = now;
  }
  void write_off(UtcTime stale_before) override {
    for (const auto& [key, task] : next_.tasks) {
      if (task.standing.state == TaskState::unfinished && period_.contains(submitted(task)) &&
          submitted(task) < stale_before) {
        next_.written_off.push_back({period_.key, key});
      }
    }
  }
  void add(const core::ReportLine& line) override {
    OwnedLine owned{.task = line.task,
                    .charge = line.charge,
                    .adjusts = std::string(line.adjusts),
                    .reversal = line.reversal,
                    .incurred_in = line.incurred_in == 0 ? period_.key : line.incurred_in,
                    .incurred_at = line.corrects() ? line.incurred_at : line.task.billed_at,
                    .reversed_at = line.reversed_at};
    const auto snapshot =
        std::find_if(next_.snapshots.begin(), next_.snapshots.end(),
                     [&line](const auto& one) { return one.number == line.task.snapshot; });
    next_.lines.push_back({std::move(owned), period_.key, snapshot->task});
    ++period_.lines;
  }
  std::string commit(const core::ClosedReport& report) override {
    period_.sha256 = report.sha256;
    period_.statement = statement(report);
    period_.head = core::statement_head(period_.statement);
    period_.signature = report.sign ? report.sign(period_.head) : "";
    const std::vector<ClosedPeriod> before = next_.closed;
    for (ClosedPeriod& other : next_.closed) {
      if (period_.contains(core::adjusting_period(other, before).begin)) {
        other.checked_to = period_.checked_to;
        other.repriced = false;
        const auto [begin, end] = next_.later_books.equal_range(other.key);
        std::for_each(begin, end, [this](auto& book) {
          book.second.carried_by =
              book.second.carried_by == 0 ? period_.key : book.second.carried_by;
        });
      }
    }
    const auto behind = std::find_if(
        next_.closed.begin(), next_.closed.end(),
        [this](const ClosedPeriod& other) { return other.period.begin > period_.period.begin; });
    next_.closed.insert(behind, period_);
    *ledger_ = next_;
    return period_.head;
  }

 private:
  // Enough to be another one for each closing.
  [[nodiscard]] std::string statement(const core::ClosedReport& report) const {
    core::PeriodStatement statement{.period = period_.period.name,
                                    .zone = period_.zone,
                                    .program = report.program,
                                    .lines = period_.lines,
                                    .csv_sha256 = report.sha256,
                                    .totals = report.totals,
                                    .invoice_id = report.invoice_id};
    for (const ClosedPeriod& other : next_.closed) {
      if (other.key + 1 == period_.key) {
        statement.previous = {other.period.name, other.head};
      }
    }
    return statement.text();
  }

  std::shared_ptr<MemoryLedger> ledger_;
  MemoryLedger next_;
  ClosedPeriod period_;
};

std::unique_ptr<core::PeriodWriter> FakeSource::close(const ClosedPeriod& period, UtcTime now) {
  return std::make_unique<FakeWriter>(ledger_, period, now);
}

}  // namespace

std::unique_ptr<core::BillingSource> open_fake_billing(std::shared_ptr<MemoryLedger> memory) {
  return std::make_unique<FakeSource>(std::move(memory));
}

}  // namespace support
