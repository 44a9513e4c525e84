// `reeltally close`: freezes the lines of a billing period, or prices a closed one anew.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "core/clock.h"

namespace cmd {

struct CloseOptions {
  std::string ledger;
  std::string period;
  std::string zone{};    ///< empty: UTC
  std::string prices{};  ///< a file; empty: costs stay empty
  /// Although more may become known, lines have no cost, or hours stay in no period.
  bool force = false;
  bool write_off_stale = false;
  std::chrono::milliseconds stale_after = std::chrono::hours(36);
  bool json = false;
  std::string account = "default";  ///< that commands take which name none
};

/// Says on `out` what was closed. Returns the exit code: ok also when the period was closed
/// before, `partly` when it cannot be. The caller holds the ledger's Lock. Throws core::UsageError
/// for options that name no period, core::Error when the ledger fails or a closed period has
/// changed.
ExitCode close_period(const CloseOptions& options, core::UtcTime now, Log& log, std::ostream& out);

/// Lets other prices rule a closed period: lines whose cost changes are corrected in the next open
/// period. The same prices again change nothing. As close_period otherwise; `partly` when the
/// period is not closed.
ExitCode reprice_period(const CloseOptions& options, core::UtcTime now, Log& log,
                        std::ostream& out);

/// Either of them, from settings.
ExitCode close(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
