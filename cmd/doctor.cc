#include "cmd/doctor.h"

#include <cstddef>
#include <string>

#include "cmd/cli/units.h"
#include "cmd/doctor/findings.h"
#include "cmd/doctor/gateway_checks.h"
#include "cmd/doctor/ledger_checks.h"
#include "cmd/doctor/output_checks.h"
#include "cmd/report/report_plan.h"
#include "core/error.h"
#include "core/http/curl_transport.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

// What `report --format focus` calls the account and its gateway, if the configuration says so.
void tell_names(const Settings& settings, Findings& findings) {
  const std::string& account = settings.text("account");
  const auto table = settings.file().accounts.find(account);
  const std::string names =
      table == settings.file().accounts.end() ? "" : given_names_text(table->second.names);
  if (!names.empty()) {
    constexpr std::size_t kShownMax = 500;
    findings.fine("FOCUS", core::printable(names, kShownMax) + " of account " + account);
  }
}

// A run without a usable price book only warns that it cannot compare them.
void check_budgets(const Settings& settings, Findings& findings) {
  const std::size_t count = settings.file().budgets.size();
  if (count == 0) {
    return;
  }
  const std::string budgets = format_count(count, "budget");
  const std::string prices = settings.given_text("prices").value_or("");
  try {
    if (read_price_file(prices, settings.count("quota-per-unit"))) {
      findings.fine("budgets", budgets + ", priced by " + prices);
    } else {
      findings.warning("budgets", budgets + " in the configuration, and no price book",
                       "name one there by `prices = \"FILE\"`; without it they are not compared");
    }
  } catch (const core::UsageError& failure) {
    findings.warning("budgets", budgets + " cannot be compared: " + failure.what(),
                     "correct the price book");
  }
}

}  // namespace

ExitCode doctor(const Settings& settings, Log& /*log*/, std::ostream& out) {
  Findings findings(settings.flag("json"), out);
  findings.fine("configuration", settings.file().path.empty() ? "no file" : settings.file().path);
  check_gateways(settings, findings);
  tell_names(settings, findings);
  check_budgets(settings, findings);
  check_output(settings, findings);
  check_ledger(settings, findings);
  findings.fine("libcurl", core::curl_version_text());
  findings.fine("SQLite", storage::back_end_version());
  return findings.exit_code();
}

}  // namespace cmd
