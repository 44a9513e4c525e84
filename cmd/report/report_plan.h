// The basis of a report: its validated options, and the closed period that it may show.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/option_name.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/report/report_groups.h"
#include "core/billing/billing.h"
#include "core/billing/period.h"
#include "core/billing/price_book.h"
#include "core/billing/reports.h"
#include "core/billing/terms.h"

namespace cmd {

/// The options as on the command line.
struct ReportOptions {
  std::string ledger;
  std::string period{};  ///< or `from` and `to`
  std::string from{};
  std::string to{};
  std::string zone{};  ///< empty: the one of a closed period, else UTC
  std::string time = default_text(Command::report, "time");
  std::string status = default_text(Command::report, "status");
  std::string account{};  ///< empty: all
  std::vector<std::string> by{default_text(Command::report, "by")};
  std::string format = default_text(Command::report, "format");
  std::string output = default_text(Command::report, "output");
  std::string prices{};  ///< a file; empty: costs stay empty
  std::int64_t quota_per_unit = core::PriceBook::kUsualQuotaPerUnit;
  std::optional<core::Rounding> round{};
  std::string rates{};  ///< a file; empty: nothing is converted
  std::string billing_currency{};
  std::string resale{};               ///< a file: what customers pay; empty: no such columns
  std::vector<std::string> labels{};  ///< NAME=VALUE; none: all tasks
  std::string delimiter{};            ///< empty: `,`, and `;` with `decimal_comma`
  bool decimal_comma = false;
  bool bom = false;
  bool require_complete = false;
  std::string focus_version = default_text(Command::report, "focus-version");
  std::map<std::string, FocusNames, std::less<>> focus_names{};  ///< by account
};

using core::PriceFile;
/// None for an empty path. Throws core::UsageError if the file is unreadable or not a price book.
[[nodiscard]] std::optional<PriceFile> read_price_file(const std::string& path,
                                                       std::int64_t quota_per_unit);

/// The rounding of the settings --round and --round-by-currency. Throws core::UsageError if both
/// are given.
[[nodiscard]] std::optional<core::Rounding> rounding_of(const Settings& settings);

/// Logs the rows that can never apply, one line each.
void warn_of_dead_prices(const PriceFile& prices, const std::string& path, Log& log);

/// Refers to its options.
struct ReportPlan {
  /// Throws core::UsageError for invalid options.
  explicit ReportPlan(const ReportOptions& given);

  /// If the report names a closed period, uses the zone and bounds of the closing. Warns in `log`
  /// if others were requested, if neighbouring periods were closed in another zone, and about each
  /// row of the used price book that can never apply. Returns the closed period.
  const core::ClosedPeriod* adopt(const std::vector<core::ClosedPeriod>& closed, Log& log);

  /// Restricts the query to the account of the options. `accounts`: those of the ledger, with their
  /// keys. Throws core::UsageError if it is none of them.
  void choose_account(const std::map<std::string, std::int64_t>& accounts);

  [[nodiscard]] core::Pricing pricing() const {
    return {.prices = prices ? &prices->book : nullptr,
            .terms = terms.are_none() ? nullptr : &terms,
            .round = options.round};
  }

  const ReportOptions& options;
  core::TimeZone zone;
  core::Period period;
  std::vector<GroupKey> keys;  ///< none: one row per line
  char delimiter;
  std::optional<PriceFile> prices;
  core::Terms terms;  ///< those that a closing freezes
  core::ReportQuery query;

 private:
  void warn_of_frozen_terms(const core::ClosedPeriod& closed, Log& log) const;
  void warn_of_other_zone(const std::vector<core::ClosedPeriod>& closed, Log& log) const;
};

}  // namespace cmd
