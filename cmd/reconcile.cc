#include "cmd/reconcile.h"

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "cmd/cli/delimiter.h"
#include "cmd/cli/exit_code.h"
#include "cmd/cli/units.h"
#include "cmd/os/csv_rows.h"
#include "cmd/os/json_text.h"
#include "cmd/reconcile_gateway.h"
#include "cmd/report/compared_lines.h"
#include "cmd/report/log_columns.h"
#include "cmd/report/report_plan.h"
#include "cmd/report/unusable_rows.h"
#include "core/billing/billing.h"
#include "core/billing/foreign_amount.h"
#include "core/billing/price_book.h"
#include "core/billing/reconciliation.h"
#include "core/billing/reports.h"
#include "core/error.h"
#include "core/input/input_file.h"
#include "core/input/task_list.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCellShownMax = 100;  // bytes of a foreign text in a message

// The same as the latest header spells them; empty: it has no such column.
struct Spelling {
  std::string amount;
  std::string currency;
  std::string line_id;
  std::string status;

  Spelling(const core::ListColumns& list, const LogColumns& columns)
      : amount(list.label_named(columns.amount)),
        currency(columns.currency.empty() ? "" : list.label_named(columns.currency)),
        line_id(list.label_named("line_id")),
        status(list.label_named("status")) {}
};

std::string shown_cell(std::string_view text) {
  return "`" + core::printable(text, kCellShownMax) + "`";
}

// Why a currency is unusable: any other word would be written into our own CSV as part of a number.
std::string currency_failure(std::string_view currency) {
  return currency.empty() || core::is_currency(currency)
             ? std::string()
             : shown_cell(currency) + " is not an ISO 4217 code such as USD";
}

// Why a charge is unusable.
std::string charge_failure(const core::ForeignAmount& charge, std::string_view text,
                           const LogColumns& columns, std::string_view currency) {
  if (charge.ambiguous) {
    return shown_cell(text) +
           " may be a thousand or a decimal; give --decimal-comma, or write it "
           "with a point and without thousands separators";
  }
  if (!charge.amount) {
    return shown_cell(text) +
           " is not an amount; write it with a point and without thousands separators, as 1234.56";
  }
  if (columns.by_quota()) {
    return charge.currency.empty() ? "" : shown_cell(text) + " is money, not a quota";
  }
  if (currency.empty()) {
    return "the amount has no currency; give --currency CODE";
  }
  return charge.contradicts(currency)
             ? shown_cell(text) + " is in another currency than its column says, " +
                   shown_cell(currency)
             : currency_failure(currency);
}

// The amount of a line of our own report: a cost may have more digits than any gateway writes, and
// an empty cell is unknown. Throws core::Error for a text that is not a cost.
std::optional<core::Decimal> own_amount(const core::WantedTask& row, const Spelling& names,
                                        bool by_quota) {
  const std::string_view text = core::find_label(row.labels, names.amount);
  if (!by_quota) {
    return text.empty() ? std::nullopt : std::optional(core::Decimal::from_text(text));
  }
  const bool failed = core::find_label(row.labels, names.status) == "failure";
  return failed ? core::Decimal() : core::Decimal::parse(text);  // as core::kept_quota
}

core::TaskListOptions list_options(const Settings& settings, Log& log) {
  const auto delimiter = settings.given_text("delimiter");
  return {.delimiter = delimiter ? std::optional(report_delimiter(*delimiter)) : std::nullopt,
          .column = settings.given_text("id-column").value_or(""),
          .warn = [&log](const std::string& line) { log.warning(line); }};
}

// The rows of the file that is compared with our lines.
class LogReader {
 public:
  LogReader(const Settings& settings, core::TaskList& list, bool we_have_prices,
            core::Reconciliation& both, Log& log)
      : file_(settings.arguments().at(0)),
        account_(settings.text("account")),
        list_(list),
        columns_(log_columns(settings, list_, we_have_prices)),
        names_(list_.columns(), columns_),
        both_(both),
        log_(log),
        unusable_(file_, log) {
    log.note(what_was_taken(columns_, list_));
  }

  // Reads all rows; unusable ones are named and counted.
  std::uint64_t read() {
    while (const auto row = list_.next()) {
      if (std::exchange(headers_, list_.repeated_headers()) != list_.repeated_headers()) {
        names_ = Spelling(list_.columns(), columns_);
      }
      if (const auto* bad = std::get_if<core::RejectedRow>(&*row)) {
        unusable_.add(bad->line, bad->reason);
      } else if (columns_.is_our_report) {
        add_own(std::get<core::WantedTask>(*row));
      } else {
        add(std::get<core::WantedTask>(*row));
      }
    }
    if (totals_ > 0) {
      log_.note(file_ + ": " + format_count(totals_, "row") + " of totals left out");
    }
    if (other_accounts_ > 0) {
      log_.note(format_count(other_accounts_, "row") + " of accounts other than " + account_ +
                " not compared; --account NAME chooses another");
    }
    return unusable_.count();
  }
  [[nodiscard]] bool by_quota() const { return columns_.by_quota(); }

 private:
  void add(const core::WantedTask& task) {
    if (is_total(task.id.text())) {
      ++totals_;
      return;
    }
    const std::string_view text = core::find_label(task.labels, names_.amount);
    const core::ForeignAmount charge = core::read_foreign_amount(text, columns_.decimal_sign);
    const std::string currency = currency_of(task, charge);
    if (const std::string failure = charge_failure(charge, text, columns_, currency);
        !failure.empty()) {
      reject(task.id.text(), failure);
      return;
    }
    both_.add_theirs(task.id.text(), currency, *charge.amount);
  }

  // What the row says itself comes before --currency.
  [[nodiscard]] std::string currency_of(const core::WantedTask& task,
                                        const core::ForeignAmount& charge) const {
    if (columns_.by_quota()) {
      return "";
    }
    const std::string_view cell = core::find_label(task.labels, names_.currency);
    if (!cell.empty()) {
      return core::currency_of_word(cell);
    }
    return charge.currency.empty() ? columns_.fixed_currency : charge.currency;
  }

  void add_own(const core::WantedTask& task) {
    if (core::without_guard(task.account) != account_) {
      ++other_accounts_;
      return;
    }
    const std::string_view line_id = core::find_label(task.labels, names_.line_id);
    if (by_quota() && core::kind_of_line(line_id) != core::LineKind::main) {
      return;  // only the first line of a task has counts
    }
    const std::string task_id(core::without_guard(task.id.text()));
    const std::string_view currency = core::find_label(task.labels, names_.currency);
    if (const std::string failure = currency_failure(currency); !failure.empty()) {
      reject(task_id, failure);
      return;
    }
    std::optional<core::Decimal> amount;
    try {
      amount = own_amount(task, names_, by_quota());
    } catch (const core::Error& failure) {
      reject(task_id, failure.what());
      return;
    }
    both_.add_theirs(task_id, currency, amount, core::is_reversal_id(line_id));
  }

  void reject(const std::string& task_id, const std::string& failure) {
    unusable_.add(list_.line(), "task " + task_id + ": " + failure);
    both_.add_unreadable(task_id);
  }

  const std::string& file_;
  std::string account_;
  core::TaskList& list_;
  LogColumns columns_;
  Spelling names_;
  std::uint64_t headers_ = 0;  // seen again so far
  core::Reconciliation& both_;
  Log& log_;
  UnusableRows unusable_;
  std::uint64_t other_accounts_ = 0;
  std::uint64_t totals_ = 0;
};

ReportOptions report_options(const Settings& settings) {
  ReportOptions options = compared_period(settings);
  options.prices = settings.given_text("prices").value_or("");
  options.quota_per_unit = settings.count("quota-per-unit");
  options.round = rounding_of(settings);
  if (!names_a_period(options)) {
    cover_all_time(options);
  }
  return options;
}

// Our lines of the requested period.
class OurLines {
 public:
  OurLines(const Settings& settings, Log& log)
      : lines_(report_options(settings), settings.text("account"), log) {
    if (settings.is_given("quota-per-unit") && !have_prices()) {
      per_quota_ = core::money_of_one_quota(settings.count("quota-per-unit"));
      quota_currency_ = core::currency_of_word(settings.given_text("currency").value_or("USD"));
    }
  }

  // Whether some lines may have a cost.
  [[nodiscard]] bool have_prices() const {
    const auto& closed = lines_.reports().closed_periods();
    const ReportPlan& plan = lines_.plan();
    return plan.prices || (plan.query.time == core::ReportTime::finish &&
                           std::any_of(closed.begin(), closed.end(), [&plan](const auto& one) {
                             return one.prices && one.overlaps(plan.period);
                           }));
  }
  void add_to(core::Reconciliation& both, bool by_quota) {
    if (!lines_.choose_account()) {
      return;
    }
    const ReportPlan& plan = lines_.plan();
    lines_.reports().each_line(
        plan.query, plan.pricing(), plan.zone, [&](const core::ReportLine& line) {
          if (!by_quota && per_quota_) {
            if (line.charge.kind == core::LineKind::main) {
              both.add_ours(line.task.task_id, quota_currency_,
                            money_of(core::kept_quota(line.task)), line.reversal);
            }
          } else if (!by_quota) {
            both.add_ours(line.task.task_id, line.charge.currency, line.charge.cost, line.reversal);
          } else if (line.charge.kind == core::LineKind::main) {
            both.add_ours(line.task.task_id, "", core::kept_quota(line.task), line.reversal);
          }
        });
  }

 private:
  // What the gateway's quota of a line is in money.
  [[nodiscard]] std::optional<core::Decimal> money_of(
      const std::optional<core::Decimal>& quota) const {
    return quota ? std::optional(*quota * *per_quota_) : std::nullopt;
  }

  ComparedLines lines_;
  // Without prices, with --quota-per-unit: the money of 1 quota, and its currency.
  std::optional<core::Decimal> per_quota_;
  std::string quota_currency_;
};

std::string amount_text(const std::optional<core::Decimal>& amount, const std::string& unit) {
  return amount ? amount->text() + (unit.empty() ? "" : " " + unit) : std::string();
}

// Writes differences as they are found.
class DifferenceWriter {
 public:
  DifferenceWriter(bool as_json, std::ostream& out) : out_(out) {
    if (!as_json) {
      constexpr std::array<std::string_view, 4> kColumns{"result", "task_id", "ours", "theirs"};
      csv_ = std::make_unique<CsvRows>(out, kColumns);
    }
  }
  void write(const core::Reconciliation::Difference& one) {
    any_ = true;
    if (!csv_) {
      print_json(out_, json(one));
      return;
    }
    core::CsvWriter& cells = csv_->cells();
    cells.text(core::name(one.result));
    cells.text(one.task_id);
    cells.number(amount_text(one.ours, one.unit));
    cells.number(amount_text(one.theirs, one.unit));
    csv_->end_row();
  }
  [[nodiscard]] bool wrote_any() const { return any_; }

 private:
  static Json json(const core::Reconciliation::Difference& one) {
    const auto value = [](const std::optional<core::Decimal>& amount) {
      return amount ? exact_number(*amount) : Json();
    };
    return {{"type", "difference"},    {"result", core::name(one.result)},
            {"task_id", one.task_id},  {"unit", one.unit.empty() ? Json() : Json(one.unit)},
            {"ours", value(one.ours)}, {"theirs", value(one.theirs)}};
  }

  std::ostream& out_;
  std::unique_ptr<CsvRows> csv_;  // null: JSON
  bool any_ = false;
};

core::Decimal tolerance_of(const Settings& settings) {
  const std::string& text = settings.text("tolerance");
  const auto tolerance = core::Decimal::parse(text);
  if (!tolerance || tolerance->is_negative()) {
    throw core::UsageError("--tolerance takes an amount such as 0.01, not " +
                           core::printable(text, kCellShownMax));
  }
  return *tolerance;
}

// The name of a unit for people.
std::string unit_name(const std::string& unit) { return unit.empty() ? "quota" : unit; }

Json reconciled_json(const core::Reconciliation::Counts& counts, bool by_quota,
                     std::uint64_t rejected) {
  Json totals = Json::object();
  for (const auto& [unit, sides] : counts.totals) {
    totals[unit_name(unit)] = {{"ours", exact_number(sides.ours)},
                               {"theirs", exact_number(sides.theirs)}};
  }
  return {{"type", "reconciliation"},
          {"by", by_quota ? "quota" : "cost"},
          {"matched", counts.matched},
          {"without_amount", counts.without_amount},
          {"only_ours", counts.only_ours},
          {"only_theirs", counts.only_theirs},
          {"different", counts.different},
          {"rejected", rejected},
          {"totals", totals}};
}

void tell_reconciled(const core::Reconciliation::Counts& counts, bool by_quota,
                     std::uint64_t rejected, Log& log) {
  const std::string unknown =
      counts.without_amount == 0
          ? ""
          : " (" + std::to_string(counts.without_amount) + " without an amount on both sides)";
  log.note("tasks by " + std::string(by_quota ? "quota" : "cost") + ": " +
           std::to_string(counts.matched) + " matched" + unknown + ", " +
           std::to_string(counts.only_ours) + " only ours, " + std::to_string(counts.only_theirs) +
           " only theirs, " + std::to_string(counts.different) + " different, " +
           format_count(rejected, "row") + " of the log not usable");
  for (const auto& [unit, sides] : counts.totals) {
    log.note("total " + unit_name(unit) + ": ours " + sides.ours.text() + ", theirs " +
             sides.theirs.text());
  }
}

// Options about amounts of money, and about columns that users name: the gateway's log has quotas,
// in columns of its own, which are compared exactly.
constexpr std::array<std::string_view, 11> kNotForLogs{
    "id-column", "quota-column",  "amount-column",    "currency-column",
    "currency",  "tolerance",     "prices",           "quota-per-unit",
    "round",     "decimal-comma", "round-by-currency"};

void require_options_of_logs(const Settings& settings) {
  for (const Setting& one : settings.all()) {
    const std::string_view name = one.option->name;
    if (one.origin.kind == Origin::Kind::option &&
        std::find(kNotForLogs.begin(), kNotForLogs.end(), name) != kNotForLogs.end()) {
      throw core::UsageError("--" + std::string(name) +
                             " does not apply to the gateway's log, whose quotas are compared "
                             "exactly; leave it out");
    }
  }
}

}  // namespace

ExitCode reconcile(const Settings& settings, Log& log, std::ostream& out) {
  const bool from_gateway = settings.flag("from-gateway");
  if (from_gateway != settings.arguments().empty()) {
    throw core::UsageError(from_gateway
                               ? "reconcile takes a FILE or --from-gateway, not both"
                               : "reconcile needs a FILE, or --from-gateway with --period");
  }
  if (from_gateway) {
    require_options_of_logs(settings);
    return reconcile_with_gateway(settings, log, out);
  }
  const core::Decimal tolerance = tolerance_of(settings);
  const std::string& file = settings.arguments().front();
  core::TaskList list(file, core::open_input(file), list_options(settings, log));
  if (is_log_export(list)) {
    require_options_of_logs(settings);
    return reconcile_with_export(settings, list, log, out);
  }
  core::Reconciliation both;
  OurLines ours(settings, log);
  LogReader reader(settings, list, ours.have_prices(), both, log);
  const std::uint64_t rejected = reader.read();
  const bool by_quota = reader.by_quota();
  ours.add_to(both, by_quota);
  const bool as_json = settings.flag("json");
  DifferenceWriter writer(as_json, out);
  const core::Reconciliation::Counts counts =
      both.compare([&writer](const auto& one) { writer.write(one); }, tolerance);
  if (as_json) {
    print_json(out, reconciled_json(counts, by_quota, rejected));
  } else {
    tell_reconciled(counts, by_quota, rejected, log);
  }
  return !writer.wrote_any() && rejected == 0 ? ExitCode::ok : ExitCode::partly;
}

}  // namespace cmd
