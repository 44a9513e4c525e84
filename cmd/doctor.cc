#include "cmd/doctor.h"

#include "cmd/doctor/findings.h"
#include "cmd/doctor/gateway_checks.h"
#include "cmd/doctor/ledger_checks.h"
#include "cmd/doctor/output_checks.h"
#include "core/http/curl_transport.h"
#include "storage/open_ledger.h"

namespace cmd {

ExitCode doctor(const Settings& settings, Log& /*log*/, std::ostream& out) {
  Findings findings(settings.flag("json"), out);
  findings.fine("configuration", settings.file().path.empty() ? "no file" : settings.file().path);
  check_gateways(settings, findings);
  check_output(settings, findings);
  check_ledger(settings, findings);
  findings.fine("libcurl", core::curl_version_text());
  findings.fine("SQLite", storage::back_end_version());
  return findings.exit_code();
}

}  // namespace cmd
