// What a report rests on: its options, checked, and the closed period that it may be about.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/os/log.h"
#include "cmd/report/report_groups.h"
#include "core/billing/billing.h"
#include "core/billing/period.h"
#include "core/billing/price_book.h"
#include "core/billing/reports.h"

namespace cmd {

/// As on the command line.
struct ReportOptions {
  std::string ledger;
  std::string period{};  ///< or `from` and `to`
  std::string from{};
  std::string to{};
  std::string zone{};  ///< empty: that of a closed period, else UTC
  std::string time = "finish";
  std::string status = "all";
  std::string account{};  ///< empty: all
  std::vector<std::string> by{"task"};
  std::string format = "csv";
  std::string output = "-";
  std::string prices{};  ///< a file; empty: costs stay empty
  std::optional<int> round{};
  std::string delimiter = ",";
  bool bom = false;
  bool require_complete = false;
};

/// A price book with its bytes.
struct PriceFile {
  std::string text;
  core::PriceBook book;
};
/// None for an empty path. Throws core::UsageError for a file that is unreadable or no price book.
[[nodiscard]] std::optional<PriceFile> read_price_file(const std::string& path);

/// Tells which rows can never count, one line each.
void warn_of_dead_prices(const PriceFile& prices, const std::string& path, Log& log);

/// `,` `;` `|` or `tab`. Throws core::UsageError for any other.
[[nodiscard]] char delimiter_of(const std::string& text);

/// Refers to its options.
struct ReportPlan {
  /// Throws core::UsageError for options that make no report.
  explicit ReportPlan(const ReportOptions& given);

  /// When the report is that of a closed period by its name, the zone and bounds of then stand;
  /// `log` gets a warning when others are asked for, and when its neighbours were closed in another
  /// zone, and for each row of the price book that is used and can never count. Returns that
  /// period.
  const core::ClosedPeriod* adopt(const std::vector<core::ClosedPeriod>& closed, Log& log);

  /// Restricts the query to the account of the options. `accounts` are the ledger's, with their
  /// keys; throws core::UsageError when it is none of them.
  void choose_account(const std::map<std::string, std::int64_t>& accounts);

  [[nodiscard]] core::Pricing pricing() const {
    return {.prices = prices ? &prices->book : nullptr, .round_places = options.round};
  }

  const ReportOptions& options;
  core::TimeZone zone;
  core::Period period;
  std::vector<GroupKey> keys;  ///< none: a row a line
  char delimiter;
  std::optional<PriceFile> prices;
  core::ReportQuery query;

 private:
  void warn_of_other_zone(const std::vector<core::ClosedPeriod>& closed, Log& log) const;
};

}  // namespace cmd
