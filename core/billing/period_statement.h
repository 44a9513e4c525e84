// What the hash of a closed period covers, as lines of text (docs/ledger.md, "Hashes"). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/billing.h"
#include "core/domain/money.h"

namespace core {

/// Costs by currency.
class CostTotals {
 public:
  void add(const ReportLine& line);
  /// A line "total CNY 12.5" for each currency, by name.
  [[nodiscard]] std::string lines() const;

 private:
  std::map<std::string, Decimal> totals_;
};

/// A period and a hash.
struct HashedPeriod {
  std::string name;
  std::string sha256;  ///< 64 hex digits
};

/// Times are UTC milliseconds.
struct PeriodStatement {
  std::string period;
  std::string zone;
  std::int64_t begins_at = 0;
  std::int64_t ends_at = 0;
  std::int64_t closed_at = 0;
  std::string program;  ///< the version that closed it
  std::int64_t schema_version = 0;
  std::int64_t lines = 0;
  std::string csv_sha256;
  std::string totals;      ///< CostTotals::lines
  std::string invoice_id;  ///< without control characters; empty: it has no such line
  std::int64_t unfinished = 0;
  std::int64_t missing = 0;
  std::int64_t written_off = 0;
  std::string written_off_sha256;          ///< of "ACCOUNT|TASK_ID" and a line end for each
  std::string prices_sha256;               ///< of the price book and its terms; empty: none
  std::vector<HashedPeriod> repriced;      ///< later books whose changes are among the lines
  std::int64_t snapshot = 0;               ///< the last one that the closing knew
  std::string snapshot_sha256;             ///< the link of the chain that ends there
  std::optional<HashedPeriod> previous{};  ///< the period that was closed before, and its head

  /// Without the end of the last line.
  [[nodiscard]] std::string text() const;
};

/// The head of the chain of closed periods behind this statement: the SHA-256 of it and a line end.
[[nodiscard]] std::string statement_head(std::string_view statement);

/// The key of the invoice's number, in statements that have one.
inline constexpr std::string_view kInvoiceId = "invoice_id";

/// The value of the first line "KEY VALUE" of a statement; empty: there is none.
[[nodiscard]] std::string_view stated(std::string_view statement, std::string_view key);
/// The lines of the totals of a statement.
[[nodiscard]] std::string stated_totals(std::string_view statement);

/// The key of the first line in which two statements differ; empty: they are equal.
[[nodiscard]] std::string first_difference(std::string_view one, std::string_view other);

}  // namespace core
