#include "cmd/report_figures.h"

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
  if (line.charge.kind == core::LineKind::main) {
    (line.task.succeeded ? succeeded : failed) += line.reversal ? -1 : 1;
  }
  if (!line.charge.cost) {
    ++unpriced;
  } else if (!line.charge.currency.empty()) {
    cost[line.charge.currency] += *line.charge.cost;
  }
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

void ReportFigures::add(const core::ReportLine& line) {
  const core::FinishedTask& task = line.task;
  all.add(line);
  if (task.lost && task.succeeded) {
    lost.add(line);
  }
  by_day[zone_.day(task.billed_at)].add(line);
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
