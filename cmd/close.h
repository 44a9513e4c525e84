// `reeltally close`: freezes the lines of a billing period.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cmd/log.h"
#include "cmd/settings.h"
#include "core/clock.h"

namespace cmd {

struct CloseOptions {
  std::string ledger;
  std::string period;
  std::string zone{};    ///< empty: UTC
  std::string prices{};  ///< a file; empty: costs stay empty
  bool force = false;    ///< although tasks are unfinished, or the period is not over
  bool json = false;
};

/// Says on `out` what was closed. Returns the exit code: ok also when the period was closed
/// before, `partly` when it cannot be. The caller holds the ledger's Lock. Throws core::UsageError
/// for options that name no period, core::Error when the ledger fails.
int close_period(const CloseOptions& options, core::UtcTime now, Log& log, std::ostream& out);

/// What is wrong with closed periods, a line each: their frozen lines no longer give the SHA-256
/// that was recorded when they were closed. Throws core::Error when the ledger cannot be read.
[[nodiscard]] std::vector<std::string> check_closed_periods(const std::string& ledger);

/// `close_period` from settings.
int close(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
