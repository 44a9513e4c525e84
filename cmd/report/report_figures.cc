#include "cmd/report/report_figures.h"

#include <algorithm>

namespace cmd {
namespace {

void add_duration(Durations& durations, const std::optional<core::UtcTime>& from,
                  const std::optional<core::UtcTime>& to) {
  if (from && to && *to >= *from) {
    durations.seconds.push_back(
        std::chrono::duration_cast<std::chrono::seconds>(*to - *from).count());
  }
}

}  // namespace

void Figures::add(const core::ReportLine& line) {
  const int tasks = line.reversal ? -1 : 1;
  ++lines;
  if (line.charge.kind == core::LineKind::main) {
    (line.task.succeeded ? succeeded : failed) += tasks;
    not_refunded += core::is_not_shown_as_refunded(line.task) ? tasks : 0;
  }
  unpriced += line.lacking_costs();
  if (line.charge.cost && !line.charge.currency.empty()) {
    CostSum& sum = cost[line.charge.currency];
    sum.amount += *line.charge.cost;
    ++sum.lines;
  }
}

void Figures::add(const Figures& more, std::int64_t times) {
  lines += times * more.lines;
  succeeded += times * more.succeeded;
  failed += times * more.failed;
  not_refunded += times * more.not_refunded;
  unpriced += times * more.unpriced;
  for (const auto& [currency, sum] : more.cost) {
    CostSum& mine = cost[currency];
    mine.amount += core::Decimal(times) * sum.amount;
    mine.lines += times * sum.lines;
    if (mine.lines == 0) {
      cost.erase(currency);
    }
  }
}

void VideoCosts::add(const core::ReportLine& line) {
  const auto length = core::Decimal::parse(line.task.facts.duration_seconds);
  const bool timed = length && *length > core::Decimal();
  const bool is_main = line.charge.kind == core::LineKind::main;
  cost += *line.charge.cost;
  videos += is_main ? 1 : 0;
  if (timed) {
    timed_cost += *line.charge.cost;
    seconds += is_main ? *length : core::Decimal();
  }
}

void VideoCosts::add(const VideoCosts& more) {
  cost += more.cost;
  videos += more.videos;
  timed_cost += more.timed_cost;
  seconds += more.seconds;
}

std::int64_t Durations::percentile(int percent) {
  constexpr std::size_t kHundred = 100;
  if (seconds.empty()) {
    return 0;
  }
  const std::size_t rank =
      (seconds.size() * static_cast<std::size_t>(percent) + kHundred - 1) / kHundred;
  const auto at = seconds.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(seconds.begin(), at, seconds.end());
  return *at;
}

std::string ReportFigures::closed_period(std::int64_t key) const {
  const auto found = std::find_if(closed_.begin(), closed_.end(),
                                  [key](const auto& one) { return one.key == key; });
  return found == closed_.end() ? std::string() : found->period.name;
}

void ReportFigures::add_costs(const core::ReportLine& line) {
  const std::string& currency = line.charge.currency;
  const std::string& model = line.task.facts.model;
  model_costs[zone_.day(line.task.billed_at)][currency][model] += *line.charge.cost;
  if (line.task.succeeded && !core::is_charged_elsewhere(line.charge)) {
    video_costs[currency][model].add(line);
  }
}

void ReportFigures::add(const core::ReportLine& line) {
  const core::FinishedTask& task = line.task;
  all.add(line);
  if (task.lost && task.succeeded) {
    lost.add(line);
  }
  if (!line.corrects() && line.charge.cost && !line.charge.currency.empty()) {
    add_costs(line);
  }
  (line.corrects() ? by_closed_period[closed_period(line.incurred_in)]
                   : by_day[zone_.day(task.billed_at)])
      .add(line);
  by_model[task.facts.model].add(line);
  for (const auto& [name, value] : task.labels) {
    by_label[name][value].add(line);
  }
  if (line.reversal || line.charge.kind != core::LineKind::main) {
    return;
  }
  if (!task.succeeded) {
    ++failures[task.facts.fail_reason];
    return;
  }
  add_duration(queued, task.facts.submit_time, task.facts.start_time);
  add_duration(generated, task.facts.start_time, task.facts.finish_time);
}

}  // namespace cmd
