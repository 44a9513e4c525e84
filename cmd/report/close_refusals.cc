#include "cmd/report/close_refusals.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <string_view>
#include <utility>

#include "cmd/cli/units.h"
#include "cmd/report/closed_periods.h"
#include "core/billing/adjustments.h"
#include "core/error.h"

namespace cmd {
namespace {

constexpr std::size_t kNamed = 5;

void join(std::string& all, const std::string& part) {
  if (!part.empty()) {
    all += (all.empty() ? "" : "; ") + part;
  }
}

// The command lines to type, one for each account; `own`: the account of a command without
// --account.
std::string ask_again(const core::BlockingTasks& tasks, const std::string& own,
                      const std::string& option = "") {
  std::string commands;
  for (const std::string& account : tasks.accounts) {
    commands += commands.empty() ? "`" : " and `";
    commands += "reeltally run --pending";
    commands += account == own ? "" : " --account " + account;
    commands += option + "`";
  }
  return commands;
}

std::string running_text(const core::BlockingTasks& tasks, const std::string& own) {
  return tasks.count == 0 ? ""
                          : "it has " + format_count(tasks.count, "unfinished task") + " (" +
                                names_text(tasks) + "), to be queried by " + ask_again(tasks, own);
}

std::string stale_text(const core::BlockingTasks& tasks, const std::string& own,
                       core::UtcTime now) {
  if (tasks.count == 0) {
    return "";
  }
  constexpr std::chrono::hours kDay{24};
  const auto days = (now - tasks.oldest) / kDay + 2;
  return "it has " + format_count(tasks.count, "stale task") + " (" + names_text(tasks) +
         "), which --pending skips: query them once more by " +
         ask_again(tasks, own, " --stale-after " + std::to_string(days) + "d") +
         ", or close without them by --write-off-stale";
}

std::string unsettled_text(const core::BlockingTasks& tasks, const std::string& own) {
  return tasks.count == 0 ? ""
                          : "it has " + format_count(tasks.count, "task") +
                                " whose quota may not be settled yet (" + names_text(tasks) +
                                "), to be queried once more by " + ask_again(tasks, own);
}

std::string gap_text(const PeriodGap& gap, const core::ClosedPeriod& other,
                     core::Reports& reports) {
  if (!gap.can_be_closed()) {
    return gap.text() + " between it and " + other.period.name + ", which was closed in " +
           other.zone + ", would belong to no period; use --tz " + other.zone;
  }
  const std::uint64_t lines = lines_between(reports, gap.begin(), gap.end());
  return lines == 0 ? ""
                    : gap.text() + " between it and " + other.period.name + " are not closed and " +
                          "hold " + format_count(lines, "line") + "; close them first";
}

std::string corrections_text(std::int64_t lines, const core::ClosedPeriod& closed) {
  return "; " + format_count(static_cast<std::uint64_t>(lines), "line") + " of these correct" +
         (lines == 1 ? "s " : " ") + closed.period.name + ", which `reeltally close " +
         closed.period.name + " --reprice --prices FILE` prices";
}

}  // namespace

std::string names_text(const core::BlockingTasks& tasks) {
  std::string names;
  for (const core::TaskName& task : tasks.first) {
    names += (names.empty() ? "" : ", ") + task.task_id;
  }
  if (tasks.count > tasks.first.size()) {
    names += " and " + std::to_string(tasks.count - tasks.first.size()) + " more";
  }
  return names;
}

std::string overlap_text(const ReportPlan& plan, const std::vector<core::ClosedPeriod>& closed) {
  const auto* other = core::overlapping_closed_period(closed, plan.period);
  if (other == nullptr) {
    return "";
  }
  if (other->zone == plan.zone.name()) {
    return "it overlaps " + other->period.name + ", which is closed already";
  }
  return "it overlaps " + other->period.name + ", which was closed in " + other->zone + ", by " +
         hours_text(std::max(plan.period.begin, other->period.begin),
                    std::min(plan.period.end, other->period.end)) +
         "; use --tz " + other->zone;
}

void require_whole_month(const core::PriceBook& book, const std::string& file,
                         const core::Period& period) {
  if (book.has_ladders() && period.length != core::PeriodLength::month) {
    throw core::UsageError("close: the price book " + file +
                           " has tiers, which count a calendar month, and " + period.name +
                           " is none; close a month such as 2026-10");
  }
}

std::string gap_text(const ReportPlan& plan, core::Reports& reports) {
  std::vector<core::ClosedPeriod> all = reports.closed_periods();
  const auto behind = std::find_if(all.begin(), all.end(), [&plan](const auto& other) {
    return other.period.begin > plan.period.begin;
  });
  all.insert(behind, {.period = plan.period, .zone = plan.zone.name()});
  std::string text;
  for (const PeriodGap& gap : period_gaps(all)) {
    if (gap.after.period.begin == plan.period.begin) {
      join(text, gap_text(gap, gap.before, reports));
    } else if (gap.before.period.begin == plan.period.begin) {
      join(text, gap_text(gap, gap.after, reports));
    }
  }
  return text;
}

std::string blockers_text(const core::PeriodBlockers& blockers, const std::string& account,
                          core::UtcTime now) {
  std::string text;
  join(text, running_text(blockers.running, account));
  join(text, stale_text(blockers.stale, account, now));
  join(text, unsettled_text(blockers.unsettled, account));
  return text;
}

// The note of a reversal has that of the reversed line at its end.
void UnpricedLines::take_back(const core::ReportLine& line) {
  std::string note = line.charge.cost_note;
  for (const std::string_view word : {core::kReversalNote, core::kRepriced}) {
    note.erase(0, note.starts_with(word) ? std::min(note.size(), word.size() + 2) : 0);
    const auto reason = reasons_.find({line.task.facts.model, note});
    if (reason == reasons_.end()) {
      continue;
    }
    --count_;
    if (--reason->second == 0) {
      reasons_.erase(reason);
    }
    if (line.reversed_at != line.incurred_at) {  // the reversed line was a correction itself
      --corrected_[line.incurred_in];
    }
    return;
  }
}

void UnpricedLines::add(const core::ReportLine& line) {
  if (line.lacking_costs() < 0) {
    take_back(line);
  }
  if (!line.lacks_cost()) {
    return;
  }
  ++count_;
  ++reasons_[{line.task.facts.model, line.charge.cost_note}];
  if (line.corrects()) {
    ++corrected_[line.incurred_in];
  }
}

std::int64_t UnpricedLines::own() const {
  return std::accumulate(corrected_.begin(), corrected_.end(), count_,
                         [](std::int64_t rest, const auto& one) { return rest - one.second; });
}

std::string UnpricedLines::text(const std::vector<core::ClosedPeriod>& closed) const {
  std::vector<std::pair<std::int64_t, std::string>> reasons;
  for (const auto& [key, count] : reasons_) {
    const auto& [model, note] = key;
    std::string reason = model.empty() ? "without a model" : "model " + model;
    reason.append(", ").append(format_count(static_cast<std::uint64_t>(count), "line"));
    reasons.emplace_back(count, reason.append(": ").append(note));
  }
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& left, const auto& right) { return left.first > right.first; });
  std::string text = format_count(static_cast<std::uint64_t>(count_), "line") +
                     (count_ == 1 ? " has" : " have") + " no cost (";
  for (std::size_t i = 0; i < std::min(reasons.size(), kNamed); ++i) {
    text += (i == 0 ? "" : "; ") + reasons[i].second;
  }
  text += reasons.size() > kNamed
              ? "; and " + std::to_string(reasons.size() - kNamed) + " reasons more)"
              : ")";
  for (const core::ClosedPeriod& other : closed) {
    if (const auto found = corrected_.find(other.key);
        found != corrected_.end() && found->second > 0) {
      text += corrections_text(found->second, other);
    }
  }
  return text;
}

std::string LackingLines::text() const {
  std::string text = format_count(static_cast<std::uint64_t>(count_), "line") +
                     (count_ == 1 ? " has " : " have ") + lack_ + " (";
  std::size_t named = 0;
  for (const auto& [reason, count] : reasons_) {
    if (++named > kNamed) {
      return text + "; and " + std::to_string(reasons_.size() - kNamed) + " reasons more)";
    }
    text += (named == 1 ? "" : "; ") + format_count(static_cast<std::uint64_t>(count), "line") +
            ": " + reason;
  }
  return text + ")";
}

LackingTerms::LackingTerms(const core::Terms& terms)
    : unconverted_("no cost in " + (terms.rates ? terms.rates->billing_currency()
                                                : std::string("the billing currency"))) {}

void LackingTerms::add(const core::ReportLine& line) {
  if (const std::int64_t lines = line.lacking_conversions(); lines != 0) {
    unconverted_.add(line.conversion->note, lines);
  }
  if (const std::int64_t lines = line.lacking_resales(); lines != 0) {
    const std::string& model = line.task.facts.model;
    unsold_.add((model.empty() ? "no model" : "model " + model) + ", " + line.resale->note, lines);
  }
}

}  // namespace cmd
