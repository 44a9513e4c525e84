#include "cmd/reconcile.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>

#include "cmd/exit_code.h"
#include "cmd/report_plan.h"
#include "cmd/units.h"
#include "core/csv_writer.h"
#include "core/error.h"
#include "core/printable.h"
#include "core/reconciliation.h"
#include "core/task_list.h"
#include "storage/reports.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownMax = 100;  // bytes of a foreign text in a message

// The columns of the gateway's log that are compared.
struct LogColumns {
  std::string amount;
  std::string currency;  ///< empty: `amount` is quota
};

LogColumns columns_of(const Settings& settings, const core::TaskList& list,
                      const std::string& file) {
  const std::string& quota = settings.text("quota-column");
  const std::string& amount = settings.text("amount-column");
  const std::string& currency = settings.text("currency-column");
  const bool money_wanted = settings.is_given("amount-column");
  if (!money_wanted && list.has_column(quota)) {
    return {.amount = quota, .currency = ""};
  }
  if (list.has_column(amount) && list.has_column(currency)) {
    return {.amount = amount, .currency = currency};
  }
  throw core::UsageError("the log " + file + " has no column " +
                         (money_wanted ? "" : "`" + quota + "`, nor both ") + "`" + amount +
                         "` and `" + currency +
                         "`; name them with --quota-column, or --amount-column and "
                         "--currency-column");
}

// Of a charge that is no number there is no amount, and of a word that is no currency no unit: it
// would go into our own CSV as part of a number.
std::string fault_of(const std::optional<core::Decimal>& amount, std::string_view amount_text,
                     std::string_view currency) {
  const auto quoted = [](std::string_view text) {
    return "`" + core::printable(text, kShownMax) + "`";
  };
  if (!amount) {
    return quoted(amount_text) +
           " is no amount; write it with a point and without thousands separators, as 1234.56";
  }
  return currency.empty() || core::is_currency(currency)
             ? std::string()
             : quoted(currency) + " is no ISO 4217 code such as USD";
}

// Reads the log; the rows that cannot be used are named and counted.
std::uint64_t add_theirs(const Settings& settings, core::Reconciliation& both, bool& by_quota,
                         Log& log) {
  const std::string& file = settings.arguments().at(0);
  const auto delimiter = settings.given_text("delimiter");
  core::TaskList list(
      file, core::open_input(file),
      {.delimiter = delimiter ? std::optional(delimiter_of(*delimiter)) : std::nullopt,
       .column = settings.given_text("id-column").value_or("")});
  const LogColumns columns = columns_of(settings, list, file);
  by_quota = columns.currency.empty();
  std::uint64_t rejected = 0;
  while (const auto row = list.next()) {
    if (const auto* bad = std::get_if<core::RejectedRow>(&*row)) {
      log.warning(file + ":" + std::to_string(bad->line) + ": " + bad->reason);
      ++rejected;
      continue;
    }
    const auto& task = std::get<core::WantedTask>(*row);
    const std::string_view text = core::find_label(task.labels, columns.amount);
    const std::string_view currency =
        by_quota ? std::string_view() : core::find_label(task.labels, columns.currency);
    const auto amount = core::Decimal::parse(text);
    if (const std::string fault = fault_of(amount, text, currency); !fault.empty()) {
      std::string warning = file + ":" + std::to_string(list.line()) + ": task ";
      warning.append(task.id.text()).append(": ").append(fault);
      log.warning(warning);
      both.add_unreadable(std::string(task.id.text()));
      ++rejected;
      continue;
    }
    both.add_theirs(task.id.text(), std::string(currency), *amount);
  }
  return rejected;
}

ReportOptions report_options(const Settings& settings) {
  const auto round = settings.given_count("round");
  ReportOptions options{
      .ledger = settings.ledger_path(),
      .period = settings.given_text("period").value_or(""),
      .from = settings.given_text("from").value_or(""),
      .to = settings.given_text("to").value_or(""),
      .zone = settings.is_given("tz") ? settings.text("tz") : "",
      .time = settings.text("time"),
      .prices = settings.given_text("prices").value_or(""),
      .round = round ? std::optional<int>(static_cast<int>(*round)) : std::nullopt};
  if (options.period.empty() && options.from.empty() && options.to.empty()) {
    options.from = "2000-01-01";  // everything: no task is older than the gateway
    options.to = "9999-12-31";
  }
  return options;
}

// A failed task is refunded, whatever quota its answer names (reliability.md B4).
std::optional<core::Decimal> quota_of(const core::FinishedTask& task) {
  return task.succeeded ? core::Decimal::parse(task.facts.quota) : core::Decimal();
}

void add_ours(const Settings& settings, core::Reconciliation& both, bool by_quota, Log& log) {
  const ReportOptions options = report_options(settings);
  ReportPlan plan(options);
  storage::Reports reports(options.ledger);
  plan.adopt(reports.closed_periods(), log);
  const auto accounts = reports.accounts();
  const auto account = accounts.find(settings.text("account"));
  if (account == accounts.end()) {
    return;  // nothing is ours yet
  }
  plan.query.account = account->second;
  reports.each_line(plan.query, plan.pricing(), plan.zone, [&](const core::ReportLine& line) {
    if (!by_quota) {
      both.add_ours(line.task.task_id, line.charge.currency, line.charge.cost);
    } else if (line.charge.kind == core::LineKind::main) {
      both.add_ours(line.task.task_id, "", quota_of(line.task));
    }
  });
}

std::string amount_text(const std::optional<core::Decimal>& amount, const std::string& unit) {
  return amount ? amount->text() + (unit.empty() ? "" : " " + unit) : std::string();
}

void write_csv(const std::vector<core::Reconciliation::Difference>& differences,
               std::ostream& out) {
  std::string text;
  core::CsvWriter csv(text, ',');
  for (const char* column : {"result", "task_id", "ours", "theirs"}) {
    csv.text(column);
  }
  csv.end_row();
  for (const auto& one : differences) {
    csv.text(core::name(one.result));
    csv.text(one.task_id);
    csv.number(amount_text(one.ours, one.unit));
    csv.number(amount_text(one.theirs, one.unit));
    csv.end_row();
  }
  out << text;
}

void write_json(const std::vector<core::Reconciliation::Difference>& differences,
                std::ostream& out) {
  const auto value = [](const std::optional<core::Decimal>& amount) {
    return amount ? Json(amount->text()) : Json();
  };
  for (const auto& one : differences) {
    const Json line{{"type", "difference"},    {"result", core::name(one.result)},
                    {"task_id", one.task_id},  {"unit", one.unit.empty() ? Json() : Json(one.unit)},
                    {"ours", value(one.ours)}, {"theirs", value(one.theirs)}};
    out << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
}

}  // namespace

int reconcile(const Settings& settings, Log& log, std::ostream& out) {
  core::Reconciliation both;
  bool by_quota = true;
  const std::uint64_t rejected = add_theirs(settings, both, by_quota, log);
  add_ours(settings, both, by_quota, log);
  const auto differences = both.differences();
  std::uint64_t counts[3] = {};
  for (const auto& one : differences) {
    ++counts[static_cast<std::size_t>(one.result)];
  }
  const auto [only_ours, only_theirs, different] = counts;
  if (settings.flag("json")) {
    write_json(differences, out);
    const Json summary{{"type", "reconciliation"},   {"by", by_quota ? "quota" : "cost"},
                       {"matched", both.matched()},  {"only_ours", only_ours},
                       {"only_theirs", only_theirs}, {"different", different},
                       {"rejected", rejected}};
    out << summary.dump() << '\n';
  } else {
    write_csv(differences, out);
    log.note("by " + std::string(by_quota ? "quota" : "cost") + ": " +
             std::to_string(both.matched()) + " matched, " + std::to_string(only_ours) +
             " only ours, " + std::to_string(only_theirs) + " only theirs, " +
             std::to_string(different) + " different, " + format_count(rejected, "row") +
             " of the log not usable");
  }
  return differences.empty() && rejected == 0 ? ok : partly;
}

}  // namespace cmd
