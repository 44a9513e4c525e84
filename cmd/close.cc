#include "cmd/close.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/units.h"
#include "cmd/cli/version.h"
#include "cmd/os/json_text.h"
#include "cmd/report/close_refusals.h"
#include "cmd/report/closed_periods.h"
#include "cmd/report/report_plan.h"
#include "core/billing/billing_source.h"
#include "core/billing/line_csv.h"
#include "core/billing/period_statement.h"
#include "core/billing/reports.h"
#include "core/error.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

// What is printed about a closed period.
struct Closed {
  core::ClosedPeriod period;
  std::int64_t unpriced = 0;  // lines without a cost
  std::uint64_t written_off = 0;
  std::string invoice_id{};
};

void say(const Closed& closed, const char* how, bool json, std::ostream& out) {
  const core::ClosedPeriod& period = closed.period;
  if (!json) {
    out << period.period.name << ' ' << how << ": "
        << format_count(static_cast<std::uint64_t>(period.lines), "line");
    if (closed.unpriced > 0) {
      out << " (" << closed.unpriced << " without a cost)";
    }
    if (closed.written_off > 0) {
      out << ", without " << format_count(closed.written_off, "stale task");
    }
    out << ", zone " << period.zone << ", SHA-256 of its CSV " << period.sha256 << ", "
        << (period.head.empty() ? "closed before hashes were kept"
                                : "head of the chain of closed periods " + period.head)
        << (period.signature.empty() ? "" : ", signed")
        << (closed.invoice_id.empty() ? "" : ", invoice " + closed.invoice_id) << '\n';
    return;
  }
  const nlohmann::ordered_json line{
      {"type", "close"},
      {"period", period.period.name},
      {"result", how},
      {"tz", period.zone},
      {"lines", period.lines},
      {"sha256", period.sha256},
      {"head", period.head.empty() ? nullptr : nlohmann::ordered_json(period.head)},
      {"signed", !period.signature.empty()},
      {"invoice_id",
       closed.invoice_id.empty() ? nullptr : nlohmann::ordered_json(closed.invoice_id)},
      {"missing", period.missing},
      {"unfinished", period.unfinished},
      {"unpriced", closed.unpriced},
      {"written_off", closed.written_off}};
  print_json(out, line);
}

// The hash of a closing covers the invoice.
void require_same_invoice(const core::ClosedPeriod& period, const std::string& invoice_id) {
  if (invoice_id.empty() || invoice_id == period.invoice_id()) {
    return;
  }
  throw core::UsageError(
      "--invoice-id: " + period.period.name + " was closed with" +
      (period.invoice_id().empty() ? "out an invoice" : " the invoice " + period.invoice_id()) +
      ", which stays: a closed period never changes; leave it out");
}

// A period that was closed without a signature can get one later.
ExitCode say_closed_before(core::ClosedPeriod period, core::Reports& reports,
                           const CloseOptions& options, core::UtcTime now, std::ostream& out) {
  require_unchanged_periods(reports, {.begin = period.period.begin, .end = period.period.end});
  require_same_invoice(period, options.invoice_id);
  if (options.sign && period.head.empty()) {
    throw core::UsageError("--sign-with: " + period.period.name +
                           " was closed before hashes were kept, so there is no head to sign");
  }
  const bool signs = options.sign && period.signature.empty();
  if (signs && !options.dry_run) {
    period.signature = options.sign(period.head);
    reports.source().keep_signature(period, period.signature, now);
  }
  say({.period = period,
       .unpriced = reports.source().unpriced_lines(period, core::LineScope::shown),
       .written_off = reports.source().written_off(period).size(),
       .invoice_id = period.invoice_id()},
      !signs || options.json ? "was closed before"
      : options.dry_run      ? "was closed before, and would be signed now"
                             : "was closed before, and is signed now",
      options.json, out);
  return ExitCode::ok;
}

// A period that is about to be closed.
class ToClose {
 public:
  ToClose(const CloseOptions& options, const ReportPlan& plan, core::Reports& reports,
          core::UtcTime now, Log& log)
      : options_(options),
        plan_(plan),
        reports_(reports),
        now_(now),
        log_(log),
        blockers_(reports.source().blockers(plan.period, now - options.stale_after)) {}

  // None if it is not closed; the log then has an error.
  std::optional<Closed> close();
  // What `close` would find; the log has an error for each reason to refuse.
  [[nodiscard]] ClosePreview preview();

 private:
  [[nodiscard]] std::string reason_to_wait() const;
  [[nodiscard]] bool may_go_on(const std::string& reason) const;
  [[nodiscard]] core::ClosedPeriod period() const;
  [[nodiscard]] bool overlaps() const;
  std::optional<Closed> freeze();
  [[nodiscard]] bool may_lack_costs(const UnpricedLines& unpriced) const;
  [[nodiscard]] bool may_lack_terms(const LackingTerms& lacking) const;

  const CloseOptions& options_;
  const ReportPlan& plan_;
  core::Reports& reports_;
  core::UtcTime now_;
  Log& log_;
  core::PeriodBlockers blockers_;
};

// Why it should not be closed yet; --force overrides this.
std::string ToClose::reason_to_wait() const {
  if (plan_.period.end > now_) {
    return "it is not over before " + plan_.zone.text(plan_.period.end);
  }
  core::PeriodBlockers blockers = blockers_;
  if (options_.write_off_stale) {
    blockers.stale = {};
  }
  std::string reason = gap_text(plan_, reports_);
  const std::string tasks = blockers_text(blockers, options_.account, now_);
  reason += reason.empty() || tasks.empty() ? "" : "; ";
  return reason + tasks;
}

bool ToClose::may_go_on(const std::string& reason) const {
  if (reason.empty()) {
    return true;
  }
  if (options_.force) {
    log_.warning(plan_.period.name + " is closed although " + reason +
                 "; later changes become adjustments of a later period");
    return true;
  }
  log_.error("cannot close " + plan_.period.name + ": " + reason + "; --force closes it anyway");
  return false;
}

// With prices, a line without a cost is an oversight; without prices it is intended.
bool ToClose::may_lack_costs(const UnpricedLines& unpriced) const {
  if (unpriced.count() == 0) {
    return true;
  }
  if (!plan_.prices) {
    log_.warning(plan_.period.name + (options_.dry_run ? " would be" : " is") +
                 " closed without a price book: its lines have usage and no cost; `reeltally "
                 "close " +
                 plan_.period.name +
                 " --reprice --prices FILE` charges them later, in the next open period");
    return true;
  }
  const std::string text = unpriced.text(reports_.closed_periods());
  if (options_.force) {
    log_.warning(plan_.period.name + " is closed although " + text);
    return true;
  }
  const std::string add =
      unpriced.own() > 0 ? "add what is missing to " + options_.prices + ", or " : "";
  log_.error("cannot close " + plan_.period.name + ": " + text + "; " + add +
             "--force closes it anyway");
  return false;
}

// With rates or a resale book, a line that they do not cover is an oversight.
bool ToClose::may_lack_terms(const LackingTerms& lacking) const {
  bool may = true;
  for (const auto& [lines, file] : {std::pair(&lacking.unconverted(), &options_.rates),
                                    std::pair(&lacking.unsold(), &options_.resale)}) {
    if (lines->count() > 0 && options_.force) {
      log_.warning(plan_.period.name + " is closed although " + lines->text());
    } else if (lines->count() > 0) {
      log_.error("cannot close " + plan_.period.name + ": " + lines->text() +
                 "; add what is missing to " + *file + ", or --force closes it anyway");
      may = false;
    }
  }
  return may;
}

core::ClosedPeriod ToClose::period() const {
  core::ClosedPeriod period{.period = plan_.period, .zone = plan_.zone.name()};
  period.unfinished = blockers_.running.count;
  period.unfinished += options_.write_off_stale ? 0 : blockers_.stale.count;
  period.missing = reports_.source().open_tasks(plan_.query).missing;
  if (plan_.prices) {
    period.prices = core::with_terms(plan_.prices->text, plan_.terms);
  }
  return period;
}

// Writes all lines, but stores nothing if a line lacks its cost.
std::optional<Closed> ToClose::freeze() {
  Closed closed{.period = period()};
  const std::unique_ptr<core::PeriodWriter> writer = reports_.source().close(closed.period, now_);
  if (options_.write_off_stale) {
    writer->write_off(now_ - options_.stale_after);
    closed.written_off = blockers_.stale.count;
  }
  UnpricedLines unpriced;
  LackingTerms lacking(plan_.terms);
  core::CostTotals totals;
  closed.period.sha256 = core::hash_lines(
      reports_, plan_.query, plan_.pricing(), plan_.zone, reports_.source().schema_version(),
      [&](const core::ReportLine& exact, const core::ReportLine& shown) {
        writer->add(exact);
        unpriced.add(exact);
        lacking.add(shown);
        totals.add(shown);
        ++closed.period.lines;
      });
  if (!may_lack_costs(unpriced) || !may_lack_terms(lacking)) {
    return std::nullopt;
  }
  core::ClosedReport report{.sha256 = closed.period.sha256,
                            .totals = totals.lines(),
                            .program = std::string(program_version()),
                            .invoice_id = options_.invoice_id};
  if (options_.sign) {
    report.sign = [&](const std::string& head) {
      return closed.period.signature = options_.sign(head);
    };
  }
  closed.period.head = writer->commit(report);
  closed.invoice_id = options_.invoice_id;
  closed.unpriced = unpriced.count();
  return closed;
}

bool ToClose::overlaps() const {
  const std::string overlap = overlap_text(plan_, reports_.closed_periods());
  if (!overlap.empty()) {
    log_.error("cannot close " + plan_.period.name + ": " + overlap);
  }
  return !overlap.empty();
}

ClosePreview ToClose::preview() {
  ClosePreview found{.blockers = blockers_,
                     .missing = reports_.source().open_tasks(plan_.query).missing,
                     .neighbours = neighbours_of(plan_.period, reports_.closed_periods()),
                     .invoice_id = options_.invoice_id};
  UnpricedLines unpriced;
  LackingTerms lacking(plan_.terms);
  reports_.each_line(plan_.query, plan_.pricing(), plan_.zone, [&](const core::ReportLine& line) {
    found.totals.add(line);
    found.customers[std::string(core::label_of(line.task, options_.customer_label))].add(line, 1);
    unpriced.add(line);
    lacking.add(line);
  });
  // All reasons, not the first one alone.
  const bool free = !overlaps();
  const bool settled = may_go_on(reason_to_wait());
  const bool priced = may_lack_costs(unpriced);
  const bool complete = may_lack_terms(lacking);
  found.would_close = free && settled && priced && complete;
  return found;
}

std::optional<Closed> ToClose::close() {
  if (overlaps() || !may_go_on(reason_to_wait())) {
    return std::nullopt;
  }
  std::optional<Closed> closed = freeze();
  if (closed && closed->written_off > 0) {
    log_.note(plan_.period.name + " is closed without " +
              format_count(closed->written_off, "stale task") + " (" + names_text(blockers_.stale) +
              "); if one finishes later, it becomes a line of a later period");
  }
  return closed;
}

}  // namespace

ExitCode close_period(const CloseOptions& options, core::UtcTime now, Log& log, std::ostream& out) {
  const ReportOptions report{.ledger = options.ledger,
                             .period = options.period,
                             .zone = options.zone,
                             .prices = options.prices,
                             .quota_per_unit = options.quota_per_unit,
                             .rates = options.rates,
                             .billing_currency = options.billing_currency,
                             .resale = options.resale};
  ReportPlan plan(report);
  plan.terms.rounding = options.round;
  if (!plan.prices && !plan.terms.are_none()) {
    throw core::UsageError(
        "close: --round, --round-by-currency, --rates and --resale are kept with the price book; "
        "add "
        "--prices FILE, or leave them out");
  }
  if (plan.prices) {
    require_whole_month(plan.prices->book, options.prices, plan.period);
  }
  if (plan.terms.resale) {
    require_whole_month(plan.terms.resale->book, options.resale, plan.period);
  }
  plan.query.videos = true;  // frozen as well
  core::Reports reports(storage::open_billing_source(options.ledger));
  if (const auto* closed = plan.adopt(reports.closed_periods(), log)) {
    return say_closed_before(*closed, reports, options, now, out);
  }
  require_unchanged_periods(reports, plan.query);  // its adjustments depend on them
  ToClose to_close(options, plan, reports, now, log);
  if (options.dry_run) {
    ClosePreview found = to_close.preview();
    try {
      found.log = options.compare_log ? options.compare_log(plan.zone.name()) : std::nullopt;
    } catch (...) {
      say_preview(found, plan, options.json, out);  // what was found is true without the gateway
      throw;
    }
    say_preview(found, plan, options.json, out);
    const bool differs = found.log && !found.log->is_fine;
    if (differs) {
      log.error(
          "the gateway's log differs from the ledger; `reeltally reconcile --from-gateway "
          "--period " +
          plan.period.name + " --tz " + plan.zone.name() + "` names the tasks");
    }
    return found.would_close && !differs ? ExitCode::ok : ExitCode::partly;
  }
  const auto closed = to_close.close();
  if (!closed) {
    return ExitCode::partly;
  }
  say(*closed, "is closed", options.json, out);
  return ExitCode::ok;
}

}  // namespace cmd
