#include "core/billing/adjusted_tasks.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "core/billing/late_places.h"
#include "core/billing/price_book.h"
#include "core/billing/recharge.h"
#include "core/billing/resale.h"
#include "core/billing/terms.h"

namespace core {
namespace {

// A closed period whose adjustments belong in the report.
struct Adjusted {
  const ClosedPeriod* closed;
  UtcTime at;
  TimeZone zone;
  std::optional<PriceBook> prices;
  std::optional<Terms> terms;  // with which it was closed; none: its resale book has no ladders
  bool recharged = false;      // all of its tasks are charged anew by ladders
};

std::vector<Adjusted> adjusted_periods(BillingSource& source,
                                       const std::vector<ClosedPeriod>& closed,
                                       const ReportQuery& query) {
  std::vector<Adjusted> adjusted;
  for (const ClosedPeriod& period : closed) {
    const UtcTime at = adjusting_period(period, closed).begin;
    if (at < query.begin || at >= query.end) {
      continue;
    }
    Adjusted& one =
        adjusted.emplace_back(Adjusted{&period, at, TimeZone(period.zone), {}, {}, false});
    if (Terms terms = terms_of(period.prices.value_or(""));
        terms.resale && terms.resale->book.has_ladders()) {
      one.terms = std::move(terms);
    }
    if (const auto& prices = period.ruling_prices()) {
      one.prices = PriceBook::parse(*prices, "of the closed period");
      one.recharged = period.repriced && one.prices->has_ladders() &&
                      PriceBook::without_terms(*prices) != charged_by(source, period);
    }
  }
  return adjusted;
}

std::vector<std::int64_t> tasks_to_look_at(BillingSource& source,
                                           const std::vector<Adjusted>& adjusted,
                                           const ReportQuery& query) {
  std::vector<const ClosedPeriod*> periods;
  periods.reserve(adjusted.size());
  for (const Adjusted& one : adjusted) {
    periods.push_back(one.closed);
  }
  std::vector<std::int64_t> tasks = source.answered_since(periods, query);
  for (const ClosedPeriod* closed : periods) {
    if (closed->repriced) {
      const std::vector<std::int64_t> ruled = source.tasks_ruled_by(*closed, query);
      tasks.insert(tasks.end(), ruled.begin(), ruled.end());
    }
  }
  std::sort(tasks.begin(), tasks.end());
  tasks.erase(std::unique(tasks.begin(), tasks.end()), tasks.end());
  return tasks;
}

// The period that has the task's lines, else the one whose time it belongs to but that was closed
// before the task was known.
const Adjusted* period_of(const std::vector<Adjusted>& adjusted,
                          const std::vector<OwnedLine>& standing, const FinishedTask& task) {
  const auto found = std::find_if(adjusted.begin(), adjusted.end(), [&](const Adjusted& one) {
    return standing.empty() ? one.closed->contains(task.billed_at)
                            : one.closed->key == standing.front().incurred_in;
  });
  return found == adjusted.end() ? nullptr : &*found;
}

// If new prices replace a line of the same answer, the new line gets the next revision number.
void number_revisions(std::vector<OwnedLine>& lines, std::int64_t task, BillingSource& source) {
  for (OwnedLine& line : lines) {
    if (line.reversal) {
      continue;
    }
    const std::int64_t before = source.revisions(task, line.task.snapshot, line.charge.kind);
    line.charge.line_id =
        line_id(line.task.snapshot, line.task.raw_sha256, line.charge.kind, before + 1);
  }
}

// A task that may correct a closed period.
struct Candidate {
  std::int64_t key = 0;
  const Adjusted* period = nullptr;
  std::vector<OwnedLine> standing;
  FinishedTask task;
};

// The tasks of a closed period that other prices charge anew, by their order; `key` is that of the
// ledger.
class RechargedTasks {
 public:
  RechargedTasks(BillingSource& source, const std::vector<ClosedPeriod>& closed,
                 const Adjusted& period)
      : order_(source, closed, *period.closed) {}

  void add(const Candidate& candidate) {
    tasks_.emplace_back(order_.key(candidate.standing, candidate.task), candidate.key);
  }
  // Calls `visit` with the key of each task, in order.
  template <typename Visit>
  void each(Visit visit) {
    std::sort(tasks_.begin(), tasks_.end());
    for (const auto& [order, key] : tasks_) {
      visit(key);
    }
  }

 private:
  RechargeOrder order_;
  std::vector<std::pair<RechargeKey, std::int64_t>> tasks_;
};

// The corrections of one report. Those that begin at the end of a ladder are made last, in the
// order of a report, because each moves that end. Those of a period that is charged anew are made
// in its order.
class Corrections {
 public:
  Corrections(BillingSource& source, const std::vector<ClosedPeriod>& closed,
              const std::vector<Adjusted>& adjusted)
      : source_(source),
        closed_(closed),
        adjusted_(adjusted),
        ends_(source, closed, LadderSide::cost),
        resale_ends_(source, closed, LadderSide::resale) {}

  void add(std::int64_t key) {
    std::optional<Candidate> candidate = read(key);
    if (!candidate) {
      return;
    }
    if (candidate->period->recharged) {
      recharged(*candidate->period).add(*candidate);
      return;
    }
    CorrectedPlaces places = corrected(*candidate, LadderSide::cost, nullptr);
    CorrectedPlaces resale_places = corrected(*candidate, LadderSide::resale, nullptr);
    std::vector<OwnedLine> found = lines_of(*candidate, places, resale_places);
    if (places.needs_end() || resale_places.needs_end()) {
      late_.push_back(std::move(*candidate));
    } else {
      add(*candidate, std::move(found));
    }
  }

  // All lines, by period. Called once, after the last task.
  std::vector<OwnedLine> finish() {
    for (auto& [period, tasks] : recharged_) {
      RechargedPlaces places;
      tasks.each([&](std::int64_t key) {
        const std::optional<Candidate> candidate = read(key);
        CorrectedPlaces resale_places = corrected(*candidate, LadderSide::resale, &resale_ends_);
        add(*candidate, lines_of(*candidate, places, resale_places));
      });
    }
    std::sort(late_.begin(), late_.end(), [](const Candidate& left, const Candidate& right) {
      return std::tie(left.task.billed_at, left.task.task_id, left.task.account) <
             std::tie(right.task.billed_at, right.task.task_id, right.task.account);
    });
    for (const Candidate& candidate : late_) {
      CorrectedPlaces places = corrected(candidate, LadderSide::cost, &ends_);
      CorrectedPlaces resale_places = corrected(candidate, LadderSide::resale, &resale_ends_);
      add(candidate, lines_of(candidate, places, resale_places));
    }
    std::stable_sort(lines_.begin(), lines_.end(), [](const auto& left, const auto& right) {
      return left.task.billed_at < right.task.billed_at;
    });
    return std::move(lines_);
  }

 private:
  // None if the task corrects none of the periods.
  std::optional<Candidate> read(std::int64_t key) {
    FinishedTask now;
    if (!source_.find_task(key, now)) {
      return std::nullopt;
    }
    std::vector<OwnedLine> standing = source_.standing_lines(key);
    const Adjusted* period = period_of(adjusted_, standing, now);
    if (period == nullptr) {
      return std::nullopt;
    }
    FinishedTask task = charged_task(standing, std::move(now));
    return Candidate{key, period, std::move(standing), std::move(task)};
  }
  RechargedTasks& recharged(const Adjusted& period) {
    const auto known = recharged_.find(period.closed->key);
    return known != recharged_.end()
               ? known->second
               : recharged_.emplace(period.closed->key, RechargedTasks(source_, closed_, period))
                     .first->second;
  }
  static CorrectedPlaces corrected(const Candidate& candidate, LadderSide side, LadderEnds* ends) {
    return {candidate.standing, *candidate.period->closed, side, ends};
  }
  static std::vector<OwnedLine> lines_of(const Candidate& candidate, LadderPlaces& places,
                                         LadderPlaces& resale_places) {
    const Adjusted& period = *candidate.period;
    std::vector<Charge> charges = charges_of(
        candidate.task, {.prices = period.prices ? &*period.prices : nullptr, .places = &places},
        period.zone);
    if (period.terms) {
      charges.front().resale_tiers = resale_tiers_of(
          candidate.task, charges, period.terms->resale->book, period.zone, resale_places);
    }
    return adjustments_of(
        candidate.standing, {candidate.task, charges},
        {period.closed->period.name, period.closed->key, period.at, period.closed->repriced});
  }
  void add(const Candidate& candidate, std::vector<OwnedLine> found) {
    number_revisions(found, candidate.key, source_);
    ends_.add(*candidate.period->closed, found);
    resale_ends_.add(*candidate.period->closed, found);
    lines_.insert(lines_.end(), std::make_move_iterator(found.begin()),
                  std::make_move_iterator(found.end()));
  }

  BillingSource& source_;
  const std::vector<ClosedPeriod>& closed_;
  const std::vector<Adjusted>& adjusted_;
  LadderEnds ends_;
  LadderEnds resale_ends_;
  std::map<std::int64_t, RechargedTasks> recharged_;  // by closed period
  std::vector<Candidate> late_;
  std::vector<OwnedLine> lines_;
};

// What a ladder has charged depends on the tasks of all accounts, and on successes.
ReportQuery read_part(const std::vector<Adjusted>& adjusted, const ReportQuery& query) {
  ReportQuery part = query;
  if (std::any_of(adjusted.begin(), adjusted.end(), [](const Adjusted& one) {
        return one.terms || (one.prices && one.prices->has_ladders());
      })) {
    part.account = 0;
  }
  return part;
}

}  // namespace

std::vector<OwnedLine> find_adjustments(BillingSource& source,
                                        const std::vector<ClosedPeriod>& closed,
                                        const ReportQuery& query) {
  const std::vector<Adjusted> adjusted = adjusted_periods(source, closed, query);
  if (adjusted.empty()) {
    return {};
  }
  const ReportQuery read = read_part(adjusted, query);
  Corrections corrections(source, closed, adjusted);
  for (const std::int64_t key : tasks_to_look_at(source, adjusted, read)) {
    corrections.add(key);
  }
  const auto account = account_to_keep(source, read, query);
  std::vector<OwnedLine> lines = corrections.finish();
  std::erase_if(lines, [&](const OwnedLine& line) {
    return !(line.task.succeeded ? query.successes : query.failures) ||
           (account && line.task.account != *account);
  });
  return lines;
}

}  // namespace core
