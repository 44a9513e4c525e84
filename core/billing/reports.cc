#include "core/billing/reports.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/billing/adjusted_tasks.h"
#include "core/billing/line_merge.h"
#include "core/billing/line_terms.h"
#include "core/billing/task_groups.h"

namespace core {
namespace {

// The query for frozen lines: empty for a report that shows tasks in their current state.
ReportQuery frozen_part(const ReportQuery& query, const std::vector<ClosedPeriod>& closed) {
  ReportQuery part = query;
  if (closed.empty()) {
    part.end = part.begin;
  }
  return part;
}

// The part of the query at one instant, in the order of a report.
ReportQuery at(UtcTime time, const ReportQuery& query) {
  ReportQuery part = query;
  part.begin = time;
  part.end = time + std::chrono::milliseconds(1);
  part.sorted = true;
  return part;
}

bool is_wanted(const ReportLine& line, const ReportQuery& query) {
  return passes(line.task.labels, query.label_filter);
}

// A line is reversed in a later period than its own, so that the end of the query is no matter.
ReportLine placed(ReportLine line, const ReportQuery& query) {
  line.reverses_inside = line.reversal && line.reversed_at >= query.begin;
  return line;
}

bool has_resale_ladders(const Pricing& pricing) {
  return pricing.terms != nullptr && pricing.terms->resale &&
         pricing.terms->resale->book.has_ladders();
}

bool has_ladders(const Pricing& pricing) {
  return (pricing.prices != nullptr && pricing.prices->has_ladders()) ||
         has_resale_ladders(pricing);
}

// The tasks on which the prices of the query depend: in a book with ladders all that were charged
// before in the month, whatever the query chooses.
ReportQuery priced_part(const ReportQuery& query, const Pricing& pricing, const TimeZone& zone) {
  ReportQuery part = query;
  if (has_ladders(pricing) && query.successes) {
    const std::string month = zone.day(query.begin).substr(0, kMonthLength);
    part.begin = std::min(parse_period(month, zone).begin, query.begin);
    part.account = 0;
  }
  return part;
}

// Labels are read if the filter or a price depends on them.
ReportQuery with_labels(ReportQuery query, const Pricing& pricing) {
  const bool resale_uses_labels = pricing.terms != nullptr && pricing.terms->resale &&
                                  pricing.terms->resale->book.uses_labels();
  query.labels = query.labels || !query.label_filter.empty() || resale_uses_labels ||
                 (pricing.prices != nullptr && pricing.prices->uses_labels());
  return query;
}

}  // namespace

// The closed periods that affect a report.
const std::vector<ClosedPeriod>& Reports::closed_for(const ReportQuery& query) const {
  static const std::vector<ClosedPeriod> kNone;
  return query.time == ReportTime::finish ? source_->closed_periods() : kNone;
}

// Computed once for both the labels and the lines of a report.
const std::vector<OwnedLine>& Reports::adjustments_for(const ReportQuery& query) {
  static const std::vector<OwnedLine> kNone;
  if (is_closed_throughout(closed_for(query), query.begin, query.end)) {
    return kNone;
  }
  if (adjusted_query_ != query) {
    adjustments_ = find_adjustments(*source_, closed_for(query), query);
    adjusted_query_ = query;
  }
  return adjustments_;
}

void Reports::each_line(const ReportQuery& query, const Pricing& pricing, const TimeZone& zone,
                        const std::function<void(const ReportLine&)>& visit) {
  LineTerms terms(closed_for(query), pricing, zone);
  each_exact_line(query, pricing, zone, [&](const ReportLine& line) { visit(terms.apply(line)); });
}

void Reports::each_exact_line(const ReportQuery& wanted, const Pricing& pricing,
                              const TimeZone& zone,
                              const std::function<void(const ReportLine&)>& visit) {
  const ReportQuery query = with_labels(wanted, pricing);
  const ReportQuery read = priced_part(query, pricing, zone);
  const auto account = account_to_keep(*source_, read, query);
  const std::vector<ClosedPeriod>& closed = closed_for(query);
  const std::vector<OwnedLine>& adjustments = adjustments_for(query);
  RunningPlaces places;
  RunningPlaces resale_places;
  Pricing metered = pricing;
  metered.places = &places;
  metered.resale_places = has_resale_ladders(pricing) ? &resale_places : nullptr;
  each_merged_line(
      {.tasks = source_->finished_tasks(read, !closed.empty()),
       .frozen = source_->frozen_lines(frozen_part(query, closed)),
       .adjustments = adjustments,
       .tasks_at =
           [&](UtcTime time) { return source_->finished_tasks(at(time, read), !closed.empty()); },
       .frozen_at =
           [&](UtcTime time) {
             return source_->frozen_lines(at(time, frozen_part(query, closed)));
           }},
      closed, metered, zone, [&](const ReportLine& line) {
        if (line.task.billed_at >= query.begin && (!account || line.task.account == *account) &&
            is_wanted(line, query)) {
          visit(placed(line, query));
        }
      });
}

void Reports::sum_lines(const ReportQuery& wanted, const Pricing& pricing, const TimeZone& zone,
                        const std::function<void(const ReportLine&, std::int64_t)>& visit) {
  if (has_ladders(pricing)) {
    // Equal tasks cost different amounts, by their place in the month.
    each_line(wanted, pricing, zone, [&visit](const ReportLine& line) { visit(line, 1); });
    return;
  }
  const ReportQuery query = with_labels(wanted, pricing);
  const std::vector<ClosedPeriod>& closed = closed_for(query);
  LineTerms terms(closed, pricing, zone);
  const auto visit_owned = [&](const OwnedLine& line) {
    if (is_wanted(line.view(), query)) {
      visit(terms.apply(placed(line.view(), query)), 1);
    }
  };
  for (const OwnedLine& line : adjustments_for(query)) {
    visit_owned(line);
  }
  OwnedLine line;
  for (const auto frozen = source_->frozen_lines(frozen_part(query, closed)); !frozen->at_end();) {
    frozen->take(line);
    visit_owned(line);
  }
  each_task_group(*source_, query, closed, zone, [&](const FinishedTask& task, std::int64_t count) {
    if (!passes(task.labels, query.label_filter)) {
      return;
    }
    for (const Charge& charge : charges_of(task, pricing, zone)) {
      visit(terms.apply({.task = task, .charge = charge}), count);
    }
  });
}

ShownTerms Reports::shown_terms(const ReportQuery& query, const Pricing& pricing) const {
  ShownTerms shown;
  const auto add = [&shown](const Terms& terms) {
    shown.conversions = shown.conversions || terms.rates;
    shown.resale = shown.resale || terms.resale;
  };
  if (pricing.terms != nullptr) {
    add(*pricing.terms);
  }
  for (const ClosedPeriod& one : closed_for(query)) {
    if (one.overlaps({.begin = query.begin, .end = query.end}) && one.prices) {
      add(terms_of(*one.prices));
    }
  }
  return shown;
}

std::vector<std::string> Reports::label_names(const ReportQuery& query) {
  std::set<std::string> names;
  const std::vector<ClosedPeriod>& closed = closed_for(query);
  source_->add_task_label_names(
      query, !closed.empty(),
      [&closed](UtcTime time) { return closed_period_at(closed, time) != nullptr; }, names);
  if (!closed.empty()) {
    source_->add_frozen_label_names(query, names);
    for (const OwnedLine& line : adjustments_for(query)) {
      add_passing_names(line.task.labels, query.label_filter, names);
    }
  }
  return {names.begin(), names.end()};
}

std::set<std::int64_t> Reports::corrected_periods(const ReportQuery& query) {
  std::set<std::int64_t> keys;
  for (const OwnedLine& line : adjustments_for(query)) {
    keys.insert(line.incurred_in);
  }
  return keys;
}

std::vector<std::string> Reports::closing_findings(const ReportQuery& query) {
  const bool frozen = is_closed_throughout(closed_periods(), query.begin, query.end);
  return source_->closing_findings(frozen ? query.begin : UtcTime::min(),
                                   frozen ? query.end : UtcTime::max(), corrected_periods(query));
}

}  // namespace core
