#include "cmd/report/closed_periods.h"

#include <chrono>
#include <cstdint>
#include <set>
#include <utility>

#include "cmd/cli/units.h"
#include "core/billing/ladder_check.h"
#include "core/billing/line_csv.h"
#include "core/billing/period_statement.h"
#include "core/billing/resale_check.h"
#include "core/error.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

bool is_midnight(core::UtcTime time, const core::TimeZone& zone) {
  const core::Period day = core::parse_period(zone.day(time), zone);
  return day.begin == time;
}

void add_changed_lines(core::Reports& reports, const core::ClosedPeriod& closed,
                       std::vector<std::string>& findings) {
  core::CostTotals totals;
  core::LadderCheck ladders(reports.closed_periods(), closed, [&](const core::ClosedPeriod& other) {
    std::vector<std::string> texts;
    for (core::LaterBook& book : reports.source().later_books(other)) {
      texts.push_back(std::move(book.prices));
    }
    return texts;
  });
  core::ResaleCheck resale(reports.closed_periods(), closed);
  std::string wrong;  // the first fault of a line
  const std::string hash = core::hash_lines(
      reports, {.begin = closed.period.begin, .end = closed.period.end}, {},
      core::TimeZone(closed.zone), closed.schema_version,
      [&](const core::ReportLine& exact, const core::ReportLine& shown) {
        totals.add(shown);
        for (const std::string& fault : {ladders.check(exact), resale.check(exact)}) {
          if (!fault.empty() && wrong.empty()) {
            wrong = "closed line " + exact.charge.line_id + ": " + fault;
          }
        }
      });
  if (hash != closed.sha256) {
    findings.push_back("closed period " + closed.period.name +
                       ": its lines no longer have the SHA-256 of its closing");
  } else if (!closed.statement.empty() && core::stated_totals(closed.statement) != totals.lines()) {
    findings.push_back("closed period " + closed.period.name +
                       ": its lines do not add up to the totals that its hash covers");
  } else if (!wrong.empty()) {
    findings.push_back(wrong);
  }
}

// The faults of closed periods that the query shows or corrects, one line each.
std::vector<std::string> changed_periods(core::Reports& reports, const core::ReportQuery& query) {
  std::vector<std::string> findings = reports.closing_findings(query);
  const std::set<std::int64_t> corrected = reports.corrected_periods(query);
  for (const core::ClosedPeriod& closed : reports.closed_periods()) {
    const bool shown = closed.period.begin < query.end && closed.period.end > query.begin;
    if (shown || corrected.contains(closed.key)) {
      add_changed_lines(reports, closed, findings);
    }
  }
  return findings;
}

}  // namespace

void require_unchanged_periods(core::Reports& reports, const core::ReportQuery& query) {
  if (query.time == core::ReportTime::submit) {
    return;  // shows no closed lines
  }
  const std::vector<std::string> findings = changed_periods(reports, query);
  if (!findings.empty()) {
    throw core::Error(findings.front() +
                      ". Somebody changed the ledger: keep a copy of it, see `reeltally db check`, "
                      "and restore a backup");
  }
}

std::vector<std::string> check_closed_periods(const std::string& ledger) {
  core::Reports reports(storage::open_billing_source(ledger));
  std::vector<std::string> findings;
  for (const core::ClosedPeriod& closed : reports.closed_periods()) {
    add_changed_lines(reports, closed, findings);
  }
  return findings;
}

std::string hours_text(core::UtcTime begin, core::UtcTime end) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(end - begin);
  const bool whole = minutes % std::chrono::hours(1) == std::chrono::minutes(0);
  const auto count = static_cast<std::uint64_t>(
      whole ? std::chrono::duration_cast<std::chrono::hours>(minutes).count() : minutes.count());
  return "the " + format_count(count, whole ? "hour" : "minute") + " from " +
         core::utc_text(begin) + " to " + core::utc_text(end);
}

bool PeriodGap::can_be_closed() const {
  return is_midnight(end(), core::TimeZone(before.zone)) ||
         is_midnight(begin(), core::TimeZone(after.zone));
}

std::string PeriodGap::text() const { return hours_text(begin(), end()); }

std::vector<PeriodGap> period_gaps(const std::vector<core::ClosedPeriod>& closed) {
  std::vector<PeriodGap> gaps;
  for (std::size_t i = 1; i < closed.size(); ++i) {
    if (closed[i - 1].period.end < closed[i].period.begin) {
      gaps.push_back({closed[i - 1], closed[i]});
    }
  }
  return gaps;
}

std::uint64_t lines_between(core::Reports& reports, core::UtcTime begin, core::UtcTime end) {
  std::int64_t lines = 0;
  reports.sum_lines({.begin = begin, .end = end, .labels = false}, {}, core::TimeZone("UTC"),
                    [&lines](const core::ReportLine&, std::int64_t times) { lines += times; });
  return static_cast<std::uint64_t>(lines);
}

std::vector<std::string> gap_warnings(const std::string& ledger) {
  std::vector<std::string> warnings;
  core::Reports reports(storage::open_billing_source(ledger));
  for (const PeriodGap& gap : period_gaps(reports.closed_periods())) {
    const std::uint64_t lines = lines_between(reports, gap.begin(), gap.end());
    if (lines > 0 || !gap.can_be_closed()) {
      warnings.push_back(gap.text() + " lie between the closed periods " + gap.before.period.name +
                         " (" + gap.before.zone + ") and " + gap.after.period.name + " (" +
                         gap.after.zone + "), with " + format_count(lines, "line") +
                         " that no closed period has; `reeltally "
                         "report --from " +
                         core::utc_text(gap.begin()) + " --to " + core::utc_text(gap.end()) +
                         "` shows them");
    }
  }
  return warnings;
}

}  // namespace cmd
