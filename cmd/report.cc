#include "cmd/report.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/os/terminal.h"
#include "cmd/report/closed_periods.h"
#include "cmd/report/report_check.h"
#include "cmd/report/report_figures.h"
#include "cmd/report/report_focus.h"
#include "cmd/report/report_groups.h"
#include "cmd/report/report_html.h"
#include "cmd/report/report_output.h"
#include "cmd/report/report_rows.h"
#include "cmd/report/report_totals.h"
#include "cmd/report/report_workbook.h"
#include "core/billing/reports.h"
#include "core/error.h"
#include "core/files/atomic_file.h"
#include "core/files/sha256.h"
#include "core/text/base64.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

// The result of a report.
struct Outcome {
  ReportTotals totals;
  std::uint64_t rows = 0;
  std::uint64_t left_out = 0;  // lines for which the format has no row
  core::OpenTasks open;
  core::FutureTasks future;
  std::vector<core::TaskName> written_off;  // tasks without which the closed period was closed
  int schema_version = 0;
};

RowFormat row_format(const ReportPlan& plan) {
  return {.json = plan.options.format == "json",
          .bom = plan.options.bom,
          .delimiter = plan.delimiter,
          .decimal_comma = plan.options.decimal_comma};
}

void write_lines(const ReportPlan& plan, core::Reports& reports, ReportOutput& output,
                 Outcome& outcome) {
  const core::LineShape shape{reports.label_names(plan.query), outcome.schema_version,
                              reports.shown_terms(plan.query, plan.pricing())};
  RowWriter writer(row_format(plan), core::line_columns(shape), "line", output);
  reports.each_line(plan.query, plan.pricing(), plan.zone, [&](const core::ReportLine& line) {
    outcome.totals.add(line);
    core::write_line(line, shape, plan.zone, writer);
  });
  outcome.rows = writer.rows();
}

void write_groups(const ReportPlan& plan, core::Reports& reports, ReportOutput& output,
                  Outcome& outcome) {
  ReportGroups groups(plan.keys, plan.zone, reports.shown_terms(plan.query, plan.pricing()));
  core::ReportQuery query = plan.query;
  query.labels = has_label_key(plan.keys);
  reports.sum_lines(query, plan.pricing(), plan.zone,
                    [&](const core::ReportLine& line, std::int64_t times) {
                      outcome.totals.add(line, times);
                      groups.add(line, times);
                    });
  RowWriter writer(row_format(plan), groups.columns(), "group", output);
  for (const std::vector<ReportCell>& row : groups.rows()) {
    writer.write(row);
  }
  outcome.rows = writer.rows();
}

void write_focus(const ReportPlan& plan, const core::ClosedPeriod* closed, core::Reports& reports,
                 ReportOutput& output, Outcome& outcome) {
  FocusRows focus(plan.options.focus_version, plan.options.focus_names,
                  closed != nullptr ? closed->invoice_id() : "");
  RowWriter writer(row_format(plan), focus.columns(), "line", output);
  reports.each_line(plan.query, plan.pricing(), plan.zone, [&](const core::ReportLine& line) {
    outcome.totals.add(line);
    if (!is_focus_line(line)) {
      ++outcome.left_out;
      return;
    }
    for (const std::vector<ReportCell>& row : focus.rows(line, plan.period)) {
      writer.write(row);
    }
  });
  outcome.rows = writer.rows();
}

// What of the ledger the report shows; empty: all.
std::string filter_of(const ReportPlan& plan) {
  const std::string& account = plan.options.account;
  std::string text = account.empty() ? "" : "account " + account;
  const std::string labels = core::filter_text(plan.query.label_filter);
  text += text.empty() || labels.empty() ? "" : ", ";
  return text + labels;
}

void write_html(const ReportPlan& plan, const core::ClosedPeriod* closed, core::Reports& reports,
                ReportOutput& output, Outcome& outcome) {
  ReportFigures figures(plan.zone, reports.closed_periods());
  reports.each_line(plan.query, plan.pricing(), plan.zone, [&](const core::ReportLine& line) {
    outcome.totals.add(line);
    figures.add(line);
    ++outcome.rows;
  });
  const std::optional<MonthBefore> before = read_month_before(plan, reports);
  output.text() = html_page({.period = plan.period,
                             .zone = plan.zone,
                             .filter = filter_of(plan),
                             .closed = closed,
                             .open = outcome.open,
                             .figures = figures,
                             .before = before,
                             .newest_answer = reports.source().newest_answer()});
}

void write_workbook(const ReportPlan& plan, const std::string& closed_sha256,
                    core::Reports& reports, ReportOutput& output, Outcome& outcome) {
  const WorkbookReport report{
      .plan = plan,
      .reports = reports,
      .schema_version = outcome.schema_version,
      .about = {{"period", plan.period.name},
                {"begin", plan.zone.text(plan.period.begin)},
                {"end", plan.zone.text(plan.period.end)},
                {"zone of all times", plan.zone.name()},
                {"by time of", plan.options.time},
                {"status", plan.options.status},
                {"filter", filter_of(plan)},
                {"closed, SHA-256 of its CSV", closed_sha256},
                {"unfinished tasks, not in it", std::to_string(outcome.open.unfinished)},
                {"missing tasks, not in it", std::to_string(outcome.open.missing)}}};
  outcome.rows = write_workbook(report, outcome.totals, output);
}

Json json_of(const ReportTotals::Part& part) {
  return {{"lines", part.lines},
          {"tasks", part.tasks},
          {"totals", exact_numbers(part.cost)},
          {"unpriced", part.unpriced}};
}

Json json_of(const std::optional<core::Rounding>& round) {
  if (!round) {
    return {};
  }
  return round->places == core::Rounding::kOfCurrency ? Json(round->text()) : Json(round->places);
}

// Only what there is, so that the manifests of months without terms stay the same.
void add_terms(const ReportPlan& plan, const core::ClosedPeriod* closed, const ReportTotals& totals,
               Json& json) {
  const core::Terms frozen =
      closed != nullptr ? core::terms_of(closed->prices.value_or("")) : core::Terms();
  if (frozen.rounding) {
    json["closed_round"] = json_of(frozen.rounding);
  }
  if (const auto& rates = frozen.rates ? frozen.rates : plan.terms.rates) {
    json["billing_currency"] = rates->billing_currency();
    json["rates_sha256"] = core::sha256_hex(rates->text());
    json["billing_totals"] = exact_numbers(totals.all.billed);
    json["unconverted"] = totals.all.unconverted;
  }
  if (const auto& resale = frozen.resale ? frozen.resale : plan.terms.resale) {
    json["resale_sha256"] = core::sha256_hex(resale->text);
    json["resale_totals"] = exact_numbers(totals.all.resale);
    json["margin_totals"] = exact_numbers(totals.all.margin);
    json["unsold"] = totals.all.unsold;
  }
}

// Contains neither the current time nor a path, only names: the same report has the same manifest.
std::string manifest(const ReportPlan& plan, const core::ClosedPeriod* closed,
                     const Outcome& outcome, const std::string& sha256) {
  const ReportOptions& options = plan.options;
  const core::TimeZone utc("UTC");
  Json json;
  json["type"] = "manifest";
  json["period"] = plan.period.name;
  json["begin"] = utc.text(plan.period.begin);
  json["end"] = utc.text(plan.period.end);
  json["tz"] = plan.zone.name();
  json["closed_sha256"] = closed != nullptr ? Json(closed->sha256) : Json();
  if (closed != nullptr && !closed->head.empty()) {
    json["head"] = closed->head;
    json["signature"] = closed->signature.empty() ? Json() : Json(core::base64(closed->signature));
  }
  if (closed != nullptr && !closed->invoice_id().empty()) {
    json["invoice_id"] = closed->invoice_id();
  }
  json["time"] = options.time;
  json["status"] = options.status;
  json["account"] = options.account.empty() ? Json() : Json(options.account);
  json["label"] = plan.query.label_filter.empty() ? Json() : Json(plan.query.label_filter);
  json["by"] = options.by;
  json["format"] = options.format;
  if (options.format == "focus") {
    json["focus_version"] = options.focus_version;
  }
  if (closed != nullptr) {
    json["prices_sha256"] =
        closed->prices ? Json(core::sha256_hex(core::PriceBook::without_terms(*closed->prices)))
                       : Json();
  } else {
    json["prices_sha256"] = plan.prices ? Json(core::sha256_hex(plan.prices->text)) : Json();
  }
  json["decimal_comma"] = options.decimal_comma;
  json["round"] = json_of(options.round);
  add_terms(plan, closed, outcome.totals, json);
  json["rows"] = outcome.rows;
  json["left_out"] = outcome.left_out;
  const ReportTotals& totals = outcome.totals;
  json["tasks"] = totals.all.tasks;
  json["totals"] = exact_numbers(totals.all.cost);
  json["totals_complete"] = totals.all.unpriced == 0;
  json["unpriced"] = totals.all.unpriced;
  json["unpriced_by_model"] = totals.unpriced_by_model;
  json["charged_under_another_account"] = totals.charged_elsewhere;
  json["not_refunded"] = totals.not_refunded;
  json["adjustments"] = json_of(totals.adjustments);
  // For a closed period, these numbers are stored only for all tasks together, and other
  // customers' tasks are not named to one of them.
  const bool labelled = !plan.query.label_filter.empty();
  const bool counted = closed == nullptr || (options.account.empty() && !labelled);
  json["unfinished"] = counted ? Json(outcome.open.unfinished) : Json();
  json["missing"] = counted ? Json(outcome.open.missing) : Json();
  json["finish_in_future"] = closed == nullptr ? Json(outcome.future.tasks) : Json();
  json["written_off"] = labelled && closed != nullptr ? Json() : Json::array();
  for (const core::TaskName& task : outcome.written_off) {
    json["written_off"].push_back({{"account", task.account}, {"task_id", task.task_id}});
  }
  json["schema_version"] = outcome.schema_version;
  json["sha256"] = sha256;
  return json_page(json);
}

// Without this warning nobody would notice a task with a finish time in the future: no report of
// the present has it.
void warn_of_future(const core::FutureTasks& future, Log& log) {
  constexpr std::size_t kShownMax = 100;
  const core::TimeZone utc("UTC");
  log.warning(
      format_count(future.tasks, "task") +
      " with a finish time in the future (later than the newest answer of the ledger), the "
      "latest " +
      utc.text(future.latest) + " of task " + core::printable(future.task_id, kShownMax) +
      ": only reports of that time show them; check the gateway's clock, and the answer with "
      "`reeltally status TASK_ID`");
}

void warn(const ReportPlan& plan, const Outcome& outcome, Log& log) {
  if (outcome.totals.all.unpriced > 0) {
    log.warning("no cost in " + unpriced_text(outcome.totals) +
                ", so the totals do not include them; cost_note gives the reasons");
  }
  if (outcome.totals.all.unconverted > 0) {
    log.warning("no cost in the billing currency in " +
                format_count(static_cast<std::uint64_t>(outcome.totals.all.unconverted), "line") +
                ", so billing_totals does not include them; rate_note gives the reasons");
  }
  if (outcome.totals.all.unsold > 0) {
    log.warning("no resale price in " +
                format_count(static_cast<std::uint64_t>(outcome.totals.all.unsold), "line") +
                ", so resale_totals does not include them; resale_note gives the reasons");
  }
  if (outcome.totals.charged_elsewhere > 0) {
    log.warning(format_count(static_cast<std::uint64_t>(outcome.totals.charged_elsewhere), "task") +
                " under two accounts, charged once; cost_note names the account that is charged");
  }
  if (outcome.open.unfinished > 0) {
    log.warning("not in the report: " + format_count(outcome.open.unfinished, "unfinished task") +
                " of " + plan.period.name + "; `reeltally run --pending` queries them");
  }
  if (outcome.future.tasks > 0) {
    warn_of_future(outcome.future, log);
  }
}

// An empty file may come from a typing error in --label.
void warn_of_no_label(const ReportPlan& plan, core::Reports& reports, const Outcome& outcome,
                      Log& log) {
  if (plan.query.label_filter.empty() || outcome.totals.all.lines > 0) {
    return;
  }
  constexpr std::size_t kShownMax = 200;
  core::ReportQuery all = plan.query;
  all.label_filter.clear();
  std::string names;
  for (const std::string& name : reports.label_names(all)) {
    names += (names.empty() ? "" : ", ") + name;
  }
  log.warning("no task of " + plan.period.name + " has " +
              core::printable(core::filter_text(plan.query.label_filter), kShownMax) +
              ", so the report is empty; " +
              (names.empty() ? "its tasks have no labels"
                             : "its labels are " + core::printable(names, kShownMax)));
}

// A typing error must not replace the price book by the report or its manifest.
void require_other_output(const ReportOptions& options) {
  for (const char* end : {"", ".manifest.json"}) {
    std::error_code none;  // the output does not exist yet
    if (std::filesystem::equivalent(options.output + end, options.prices, none)) {
      throw core::UsageError("--output would replace the price book " + options.prices +
                             "; name another file");
    }
  }
}

// A setting of the configuration is for reports in CSV; an option is meant for this report.
void require_csv(const Origin& origin, const std::string& format) {
  const bool is_csv = format == "csv" || format == "focus";
  if (origin.kind == Origin::Kind::option && !is_csv) {
    throw core::UsageError(origin.text + " cannot be used with --format " + format +
                           ", which has no such thing; leave it out");
  }
}

void require_focus(const Origin& version, const std::string& format) {
  if (version.kind == Origin::Kind::option && format != "focus") {
    throw core::UsageError(version.text + " is for --format focus, not for --format " + format +
                           "; leave it out, or add --format focus");
  }
}

std::map<std::string, FocusNames, std::less<>> focus_names(const Settings& settings) {
  std::map<std::string, FocusNames, std::less<>> names;
  for (const auto& [account, table] : settings.file().accounts) {
    names.emplace(account, table.names);
  }
  return names;
}

}  // namespace

ExitCode write_report(const ReportOptions& options, Log& log, std::ostream& out) {
  require_other_output(options);
  ReportPlan plan(options);
  core::Reports reports(storage::open_billing_source(options.ledger));
  plan.choose_account(reports.source().accounts());
  const core::ClosedPeriod* closed = plan.adopt(reports.closed_periods(), log);
  require_unchanged_periods(reports, plan.query);
  Outcome outcome;
  outcome.schema_version =
      closed != nullptr ? closed->schema_version : reports.source().schema_version();
  outcome.open = closed != nullptr ? core::OpenTasks{closed->unfinished, closed->missing}
                                   : reports.source().open_tasks(plan.query);
  outcome.future = reports.source().future_tasks(plan.query);
  if (closed != nullptr && plan.query.label_filter.empty()) {
    outcome.written_off = reports.source().written_off(*closed);
  }
  ReportOutput output(options.output, out);
  if (options.format == "focus") {
    write_focus(plan, closed, reports, output, outcome);
  } else if (options.format == "html") {
    write_html(plan, closed, reports, output, outcome);
  } else if (options.format == "xlsx") {
    write_workbook(plan, closed != nullptr ? closed->sha256 : "", reports, output, outcome);
  } else if (plan.keys.empty()) {
    write_lines(plan, reports, output, outcome);
  } else {
    write_groups(plan, reports, output, outcome);
  }
  const std::string sha256 = output.finish();
  if (options.output != "-") {
    // Any failure before the two renames leaves both files unchanged. If a kill between them leaves
    // the old manifest, it has the SHA-256 of another file.
    core::AtomicFile beside(options.output + ".manifest.json");
    beside.write(manifest(plan, closed, outcome, sha256));
    beside.prepare(core::kOwnerOnly);
    output.publish();
    beside.publish();
  }
  warn(plan, outcome, log);
  warn_of_no_label(plan, reports, outcome, log);
  return options.require_complete && outcome.open.unfinished > 0 ? ExitCode::partly : ExitCode::ok;
}

ExitCode report(const Settings& settings, Log& log, std::ostream& out) {
  const bool only_json = settings.flag("json") && !settings.is_given("format");
  const ReportOptions options{
      .ledger = ledger_path(settings),
      .period = settings.given_text("period").value_or(""),
      .from = settings.given_text("from").value_or(""),
      .to = settings.given_text("to").value_or(""),
      .zone = settings.is_given("tz") ? settings.text("tz") : "",
      .time = settings.text("time"),
      .status = settings.text("status"),
      .account = settings.given_text("account").value_or(""),
      .by = settings.list("by"),
      .format = only_json ? "json" : settings.text("format"),
      .output = settings.text("output"),
      .prices = settings.given_text("prices").value_or(""),
      .quota_per_unit = settings.count("quota-per-unit"),
      .round = rounding_of(settings),
      .rates = settings.given_text("rates").value_or(""),
      .billing_currency = settings.given_text("billing-currency").value_or(""),
      .resale = settings.given_text("resale").value_or(""),
      .labels = settings.is_given("label") ? settings.list("label") : std::vector<std::string>(),
      .delimiter = settings.given_text("delimiter").value_or(""),
      .decimal_comma = settings.flag("decimal-comma"),
      .bom = settings.flag("bom"),
      .require_complete = settings.flag("require-complete"),
      .focus_version = settings.text("focus-version"),
      .focus_names = focus_names(settings)};
  require_csv(settings.origin("delimiter"), options.format);
  require_csv(settings.origin("bom"), options.format);
  require_focus(settings.origin("focus-version"), options.format);
  if (!settings.flag("check")) {
    if (options.format == "xlsx" && options.output == "-" && is_terminal(STDOUT_FILENO)) {
      throw core::UsageError("a workbook is not for a terminal; name a file: -o FILE.xlsx");
    }
    return write_report(options, log, out);
  }
  if (options.output != "-" || settings.is_given("by")) {
    throw core::UsageError(
        "report --check writes no report, and goes with neither --output nor --by");
  }
  return check_report(settings, options, log, out);
}

}  // namespace cmd
