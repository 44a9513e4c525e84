// `reeltally audit`: a bundle that proves each number of a closed period without this program.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "core/clock.h"

namespace cmd {

struct AuditOptions {
  std::string ledger;
  std::string period;
  std::string output;  ///< a folder, or a file FILE.tar
  bool json = false;
  std::chrono::milliseconds lock_wait{};  ///< for the record in the ledger
};

/// Writes the bundle, and to `out` what it is. The same closed period gives the same bytes. Records
/// it in the ledger, or warns in `log` if that is not possible. Returns the exit code; throws
/// core::UsageError if the period is not closed or the output is taken, core::Error if somebody
/// changed the period or a raw answer is gone.
ExitCode audit_period(const AuditOptions& options, core::UtcTime now, Log& log, std::ostream& out);

/// The same with the settings.
ExitCode audit(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
