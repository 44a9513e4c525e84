// `reeltally close`: freezes the lines of a billing period, or applies new prices to a closed one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/report/close_preview.h"
#include "cmd/signing.h"
#include "core/billing/price_book.h"
#include "core/billing/rounding.h"
#include "core/clock.h"

namespace cmd {

struct CloseOptions {
  std::string ledger;
  std::string period;
  std::string zone{};    ///< empty: UTC
  std::string prices{};  ///< a file; empty: costs stay empty
  std::int64_t quota_per_unit = core::PriceBook::kUsualQuotaPerUnit;
  std::optional<core::Rounding> round{};  ///< kept for good, as the rates are
  std::string rates{};                    ///< a file; empty: nothing is converted
  std::string billing_currency{};
  std::string resale{};  ///< a file: what customers pay
  /// Close although tasks may still change, lines have no cost, or hours belong to no period.
  bool force = false;
  bool write_off_stale = false;
  /// Only say what closing would find; nothing is written, and no Lock is needed.
  bool dry_run = false;
  std::chrono::milliseconds stale_after{};
  bool json = false;
  std::string customer_label = "customer";  ///< for the sums of a dry run
  std::string account = "default";          ///< the default of commands, for suggestions
  Signer sign{};                            ///< null: the period gets no signature
  std::string invoice_id{};                 ///< empty: none
  /// Compares the period with the gateway's log, for a dry run; null: it is not compared.
  std::function<std::optional<LogComparison>(const std::string& zone)> compare_log{};
};

/// Writes to `out` what was closed, or would be. Returns the exit code: ok also if the period was
/// already closed, `partly` if it cannot be closed. The caller holds the ledger's Lock. Throws
/// core::UsageError for options that name no period, core::Error if the ledger fails or a closed
/// period was changed.
ExitCode close_period(const CloseOptions& options, core::UtcTime now, Log& log, std::ostream& out);

/// Applies other prices to a closed period: lines whose cost changes are corrected in the next open
/// period. The same prices again change nothing. Otherwise like close_period; `partly` if the
/// period is not closed.
ExitCode reprice_period(const CloseOptions& options, core::UtcTime now, Log& log,
                        std::ostream& out);

/// Runs one of them with the settings.
ExitCode close(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
