#include "cmd/doctor.h"

#include <string>

#include "cmd/doctor/findings.h"
#include "cmd/doctor/gateway_checks.h"
#include "cmd/doctor/ledger_checks.h"
#include "cmd/doctor/output_checks.h"
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

}  // namespace

ExitCode doctor(const Settings& settings, Log& /*log*/, std::ostream& out) {
  Findings findings(settings.flag("json"), out);
  findings.fine("configuration", settings.file().path.empty() ? "no file" : settings.file().path);
  check_gateways(settings, findings);
  tell_names(settings, findings);
  check_output(settings, findings);
  check_ledger(settings, findings);
  findings.fine("libcurl", core::curl_version_text());
  findings.fine("SQLite", storage::back_end_version());
  return findings.exit_code();
}

}  // namespace cmd
