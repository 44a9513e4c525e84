#include "cmd/prices.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/report/report_plan.h"
#include "core/billing/price_check.h"
#include "core/billing/reports.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

constexpr std::size_t kShownMax = 200;

// Writes findings, and counts them.
class FindingWriter {
 public:
  FindingWriter(const std::string& file, bool json, std::ostream& out)
      : file_(file), json_(json), out_(out) {}

  // `line` 0: of no line.
  void write(std::uint64_t line, std::string_view kind, const std::string& text) {
    ++count_;
    if (json_) {
      print_json(out_,
                 {{"type", "finding"},
                  {"file", file_},
                  {"line", line == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(line)},
                  {"kind", kind},
                  {"text", text}});
      return;
    }
    out_ << core::printable(file_, kShownMax);
    if (line > 0) {
      out_ << ", line " << line;
    }
    out_ << ": " << core::printable(text, 2 * kShownMax) << '\n';
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  const std::string& file_;
  bool json_;
  std::ostream& out_;
  std::uint64_t count_ = 0;
};

// As the file has them: each tier of a ladder is one.
std::size_t row_count(const core::PriceBook& book) {
  std::size_t count = 0;
  for (const core::Price& row : book.rows()) {
    count += std::max<std::size_t>(row.tiers.size(), 1);
  }
  return count;
}

// Whether a row for the model ended before that day. A book need not reach back to the first task.
bool has_expired(const core::PriceBook& book, const std::string& model, const std::string& day) {
  return std::any_of(book.rows().begin(), book.rows().end(), [&](const core::Price& row) {
    return !row.valid_to.empty() && row.valid_to < day && core::glob_matches(row.model, model);
  });
}

struct Unpriced {
  std::uint64_t tasks = 0;
  std::string reason;  // of one of them
};

// The successes of the whole ledger for which no row gives a price, by model. Also those of closed
// periods: a report by submit time shows tasks as they are now.
std::map<std::string, Unpriced> unpriced_models(const std::string& ledger,
                                                const core::PriceBook& book) {
  const core::TimeZone utc("UTC");
  const std::string no_row_for_date(core::describe(core::PriceGap::no_row_for_date));
  core::Reports reports(storage::open_billing_source(ledger));
  std::map<std::string, Unpriced> models;
  const core::Period all = core::parse_range("2000-01-01", "9999-12-31", utc);
  reports.sum_lines({.begin = all.begin,
                     .end = all.end,
                     .time = core::ReportTime::submit,
                     .failures = false,
                     .labels = false},
                    {.prices = &book}, utc, [&](const core::ReportLine& line, std::int64_t times) {
                      const core::Charge& charge = line.charge;
                      const std::string& model = line.task.facts.model;
                      if (charge.unit || charge.cost ||
                          (charge.cost_note.ends_with(no_row_for_date) &&
                           !has_expired(book, model, utc.day(line.task.billed_at)))) {
                        return;
                      }
                      Unpriced& unpriced = models[model];
                      unpriced.tasks += static_cast<std::uint64_t>(times);
                      unpriced.reason =
                          std::min(unpriced.reason.empty() ? charge.cost_note : unpriced.reason,
                                   charge.cost_note);
                    });
  return models;
}

}  // namespace

ExitCode prices_check(const Settings& settings, Log& log, std::ostream& out) {
  const std::string& file = settings.arguments().at(0);
  const core::PriceBook book =
      read_price_file(file, core::PriceBook::kUsualQuotaPerUnit).value().book;
  FindingWriter findings(file, settings.flag("json"), out);
  for (const core::PriceFinding& finding : core::check_prices(book)) {
    findings.write(finding.line, core::name(finding.fault), finding.text);
  }
  if (settings.is_given("db")) {
    for (const auto& [model, unpriced] : unpriced_models(ledger_path(settings), book)) {
      findings.write(0, "no_price",
                     (model.empty() ? "tasks without a model" : "model " + model) + ": " +
                         format_count(unpriced.tasks, "task") + " of the ledger without a price (" +
                         unpriced.reason + ")");
    }
  }
  if (findings.count() == 0) {
    log.note(core::printable(file, kShownMax) + ": nothing is wrong in " +
             format_count(row_count(book), "row"));
    return ExitCode::ok;
  }
  log.error(core::printable(file, kShownMax) + ": " + format_count(findings.count(), "finding") +
            " in " + format_count(row_count(book), "row"));
  return ExitCode::partly;
}

}  // namespace cmd
