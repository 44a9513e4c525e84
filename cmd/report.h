// `reeltally report`: usage and cost of a period.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cmd/log.h"
#include "cmd/settings.h"

namespace cmd {

/// As on the command line; product.md, "report".
struct ReportOptions {
  std::string ledger;
  std::string period{};  ///< or `from` and `to`
  std::string from{};
  std::string to{};
  std::string zone = "UTC";
  std::string time = "finish";
  std::string status = "all";
  std::vector<std::string> by{"task"};
  std::string format = "csv";
  std::string output = "-";
  std::string prices{};  ///< a file; empty: costs stay empty
  std::optional<int> round{};
  std::string delimiter = ",";
  bool bom = false;
  bool require_complete = false;
};

/// Writes the report to `out`, or at once to `output` with its manifest beside it. The same ledger
/// and options give the same bytes. Returns the exit code; throws core::UsageError for options
/// that make no report, core::Error when the ledger cannot be read or the report not written.
int write_report(const ReportOptions& options, Log& log, std::ostream& out);

/// The same from settings.
int report(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
