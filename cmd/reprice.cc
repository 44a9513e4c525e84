#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/units.h"
#include "cmd/close.h"
#include "cmd/os/json_text.h"
#include "cmd/report/close_refusals.h"
#include "cmd/report/closed_periods.h"
#include "cmd/report/report_plan.h"
#include "core/billing/repricing.h"
#include "core/billing/rounding.h"
#include "core/billing/terms.h"
#include "core/error.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

// The effect of other prices on a closed period.
struct Change {
  /// `rounding`: of the closed period.
  Change(const core::Repricing& repricing, const std::optional<core::Rounding>& rounding);

  std::uint64_t lines = 0;                      // that cost a different amount
  std::int64_t unpriced = 0;                    // lines that would have no cost
  std::map<std::string, core::Decimal> totals;  // the difference, by currency
  UnpricedLines lost;                           // lines that would lose their cost

 private:
  void add(const core::ChangedCost& changed, const std::optional<core::Rounding>& rounding);
};

Change::Change(const core::Repricing& repricing, const std::optional<core::Rounding>& rounding)
    : unpriced(repricing.unpriced_before) {
  for (const core::OwnedLine& line : repricing.lines) {
    if (!line.charge.cost) {
      unpriced += line.reversal ? -1 : 1;
    }
  }
  for (const core::ChangedCost& changed : repricing.changes) {
    add(changed, rounding);
  }
}

void Change::add(const core::ChangedCost& changed, const std::optional<core::Rounding>& rounding) {
  lines += changed.after ? 1 : 0;
  if (changed.loses_cost()) {
    core::FinishedTask task;
    task.facts.model = changed.model;
    lost.add({.task = task, .charge = *changed.after});
  }
  const auto total = [this](const core::Charge& charge) -> core::Decimal& {
    return totals[charge.currency];
  };
  // As the reports do, which add up rounded lines.
  const auto amount = [&rounding](const core::Charge& charge) {
    return rounding ? rounding->rounded(*charge.cost, charge.currency) : *charge.cost;
  };
  const auto has_amount = [](const std::optional<core::Charge>& charge) {
    return charge && charge->cost && !charge->currency.empty();
  };
  if (has_amount(changed.before)) {
    total(*changed.before) += -amount(*changed.before);
  }
  if (has_amount(changed.after)) {
    total(*changed.after) += amount(*changed.after);
  }
}

std::string totals_text(const Change& change) {
  std::string text;
  for (const auto& [currency, amount] : change.totals) {
    text += (text.empty() ? " (" : ", ") + currency + (amount.is_negative() ? " " : " +") +
            amount.text();
  }
  return text.empty() ? text : text + ")";
}

void say(const std::string& period, const std::string& shown_in, const Change& change,
         const char* how, bool json, std::ostream& out) {
  if (!json) {
    out << period << ' ' << how << ": "
        << (change.lines == 1 ? "1 line costs" : std::to_string(change.lines) + " lines cost")
        << " a different amount" << totals_text(change) << ", as adjustments of " << shown_in
        << '\n';
    return;
  }
  const nlohmann::ordered_json line{{"type", "reprice"},
                                    {"period", period},
                                    {"result", how},
                                    {"adjusts_in", shown_in},
                                    {"lines", change.lines},
                                    {"unpriced", change.unpriced},
                                    {"totals", exact_numbers(change.totals)}};
  print_json(out, line);
}

// Whether the book may be recorded; if not, the log says why.
bool may_be_recorded(const core::ClosedPeriod& closed, const Change& change,
                     const CloseOptions& options, Log& log) {
  if (change.lost.count() > 0) {
    const std::string text =
        "by " + options.prices + " " + change.lost.text({}) + " although they had one";
    if (!options.force) {
      log.error("cannot reprice " + closed.period.name + ": " + text +
                "; add what is missing, or --force continues anyway");
      return false;
    }
    log.warning(closed.period.name + " is repriced although " + text);
  }
  if (change.unpriced > 0) {
    log.warning("no cost in " + format_count(static_cast<std::uint64_t>(change.unpriced), "line") +
                " of " + closed.period.name + " by " + options.prices +
                "; cost_note gives the reasons");
  }
  return true;
}

}  // namespace

ExitCode reprice_period(const CloseOptions& options, core::UtcTime now, Log& log,
                        std::ostream& out) {
  const auto prices = read_price_file(options.prices, options.quota_per_unit);
  if (!prices) {
    throw core::UsageError("close --reprice needs the corrected price book: --prices FILE");
  }
  core::Reports reports(storage::open_billing_source(options.ledger));
  const std::string name = core::parse_period(options.period, core::TimeZone("UTC")).name;
  const core::ClosedPeriod* closed = core::closed_period_named(reports.closed_periods(), name);
  if (closed == nullptr) {
    log.error("cannot reprice " + options.period + ": it is not closed; `reeltally close " +
              options.period + " --prices " + options.prices + "` closes it with these prices");
    return ExitCode::partly;
  }
  require_unchanged_periods(reports, {.begin = closed->period.begin, .end = closed->period.end});
  require_whole_month(prices->book, options.prices, closed->period);
  const core::Repricing repricing = core::try_prices(reports.source(), *closed, prices->text);
  const Change change(repricing, core::terms_of(closed->prices.value_or("")).rounding);
  const std::string& shown_in = repricing.shown_in.name;
  // The same book can change something if an older version closed the period by other rules.
  const std::string ruling = closed->ruling_prices().value_or("");
  if (core::PriceBook::without_terms(ruling) == prices->text &&
      (closed->repriced || change.lines == 0)) {
    say(closed->period.name, shown_in, change, "has these prices already", options.json, out);
    return ExitCode::ok;
  }
  if (!may_be_recorded(*closed, change, options, log)) {
    return ExitCode::partly;
  }
  reports.source().reprice(*closed, prices->text, now);
  say(closed->period.name, shown_in, change, "is repriced", options.json, out);
  return ExitCode::ok;
}

}  // namespace cmd
