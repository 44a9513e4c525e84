#include "cmd/close.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include "cmd/exit_code.h"
#include "cmd/report_output.h"
#include "cmd/report_plan.h"
#include "cmd/report_rows.h"
#include "cmd/units.h"
#include "core/error.h"
#include "storage/closing.h"
#include "storage/ledger_file.h"
#include "storage/lock.h"
#include "storage/maintenance.h"
#include "storage/reports.h"

namespace cmd {
namespace {

void say(const storage::ClosedPeriod& closed, const char* how, bool json, std::ostream& out) {
  if (!json) {
    out << closed.period.name << ' ' << how << ": "
        << format_count(static_cast<std::uint64_t>(closed.lines), "line") << ", zone "
        << closed.zone << ", SHA-256 of its CSV " << closed.sha256 << '\n';
    return;
  }
  const nlohmann::ordered_json line{
      {"type", "close"},           {"period", closed.period.name},   {"result", how},
      {"tz", closed.zone},         {"lines", closed.lines},          {"sha256", closed.sha256},
      {"missing", closed.missing}, {"unfinished", closed.unfinished}};
  out << line.dump() << '\n';
}

// Why the period cannot be closed; empty: it can.
std::string obstacle(const ReportPlan& plan, const std::vector<storage::ClosedPeriod>& closed) {
  const auto* other = storage::overlapping_closed_period(closed, plan.period);
  return other == nullptr ? std::string()
                          : "it overlaps " + other->period.name + ", which is closed already";
}

// Why it should not be closed yet, which --force overrides.
std::string reason_to_wait(const ReportPlan& plan, const storage::OpenTasks& open,
                           core::UtcTime now) {
  if (plan.period.end > now) {
    return "it is not over before " + plan.zone.text(plan.period.end);
  }
  if (open.unfinished > 0) {
    return "it has " + format_count(open.unfinished, "unfinished task") +
           ", which `reeltally run --pending` asks for";
  }
  return {};
}

// Gives each line of the period's report to `visit`; the SHA-256 of it as CSV with default options.
std::string hash_lines(storage::Reports& reports, const storage::ReportQuery& query,
                       const core::Pricing& pricing, const core::TimeZone& zone,
                       const std::function<void(const core::ReportLine&)>& visit) {
  const std::vector<std::string> labels = reports.label_names(query);
  ReportOutput hashed;
  RowWriter writer({}, line_columns(labels), "line", hashed);
  reports.each_line(query, pricing, zone, [&](const core::ReportLine& line) {
    visit(line);
    write_line(line, labels, zone, writer);
  });
  return hashed.finish();
}

// Writes all lines; the period as it is closed then.
storage::ClosedPeriod freeze(const ReportPlan& plan, storage::Reports& reports,
                             storage::ClosedPeriod period, core::UtcTime now) {
  storage::Closing closing(plan.options.ledger, period, now);
  period.sha256 =
      hash_lines(reports, plan.query, plan.pricing(), plan.zone, [&](const core::ReportLine& line) {
        closing.add(line);
        ++period.lines;
      });
  closing.commit(period.sha256);
  return period;
}

}  // namespace

int close_period(const CloseOptions& options, core::UtcTime now, Log& log, std::ostream& out) {
  const ReportOptions report{.ledger = options.ledger,
                             .period = options.period,
                             .zone = options.zone,
                             .prices = options.prices};
  ReportPlan plan(report);
  plan.query.videos = true;  // frozen, too
  storage::Reports reports(options.ledger);
  if (const auto* closed = plan.adopt(reports.closed_periods(), log)) {
    say(*closed, "was closed before", options.json, out);
    return ok;
  }
  const storage::OpenTasks open = reports.open_tasks(plan.query);
  std::string why = obstacle(plan, reports.closed_periods());
  const std::string wait = reason_to_wait(plan, open, now);
  if (why.empty() && !wait.empty()) {
    if (options.force) {
      log.warning(plan.period.name + " is closed although " + wait +
                  "; what becomes known later will be adjustments of a later period");
    } else {
      why = wait + "; --force closes it all the same";
    }
  }
  if (!why.empty()) {
    log.error("cannot close " + plan.period.name + ": " + why);
    return partly;
  }
  storage::ClosedPeriod period{.period = plan.period, .zone = plan.zone.name()};
  period.unfinished = open.unfinished;
  period.missing = open.missing;
  if (plan.prices) {
    period.prices = plan.prices->text;
  }
  say(freeze(plan, reports, std::move(period), now), "is closed", options.json, out);
  return ok;
}

std::vector<std::string> check_closed_periods(const std::string& ledger) {
  std::vector<std::string> faults;
  storage::Reports reports(ledger);
  for (const storage::ClosedPeriod& closed : reports.closed_periods()) {
    const std::string hash =
        hash_lines(reports, {.begin = closed.period.begin, .end = closed.period.end}, {},
                   core::TimeZone(closed.zone), [](const core::ReportLine&) {});
    if (hash != closed.sha256) {
      faults.push_back("closed period " + closed.period.name +
                       ": its lines no longer have the SHA-256 of when it was closed");
    }
  }
  return faults;
}

int close(const Settings& settings, Log& log, std::ostream& out) {
  const std::string ledger = settings.ledger_path();
  const core::UtcTime now = core::SystemClock().utc();
  storage::require_ledger(ledger);  // before the lock makes a file
  const storage::Lock lock(ledger, settings.duration("lock-wait"));
  static_cast<void>(storage::migrate_ledger(ledger, now, !settings.flag("no-backup")));
  const int code = close_period({.ledger = ledger,
                                 .period = settings.arguments().at(0),
                                 .zone = settings.is_given("tz") ? settings.text("tz") : "",
                                 .prices = settings.given_text("prices").value_or(""),
                                 .force = settings.flag("force"),
                                 .json = settings.flag("json")},
                                now, log, out);
  // Not before the period's reader is gone, which keeps the log.
  if (code == ok && !storage::settle_ledger(ledger)) {
    log.warning("the closed period is in the write-ahead log " + ledger +
                "-wal alone, since another program keeps reading the ledger; until that one ends "
                "copy it by `reeltally db backup`, not by the file");
  }
  return code;
}

}  // namespace cmd
