// Report rows summed up by keys. Currencies are never added up: a group has one row for each.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/report/report_rows.h"
#include "core/billing/billing.h"
#include "core/billing/reports.h"

namespace cmd {

/// A key of `--by`; `name` is its column.
struct GroupKey {
  enum class Kind { day, month, model, action, resolution, status, account, label };
  Kind kind = Kind::day;
  std::string name;  ///< "day" …; "label_customer" for label:customer
};

/// Throws core::UsageError for an unknown key.
[[nodiscard]] GroupKey parse_group_key(std::string_view text);

[[nodiscard]] bool has_label_key(const std::vector<GroupKey>& keys);

/// The values of the keys for a task, its times in `zone`.
[[nodiscard]] std::vector<std::string> group_values(const std::vector<GroupKey>& keys,
                                                    const core::TimeZone& zone,
                                                    const core::FinishedTask& task);

class ReportGroups {
 public:
  /// `terms`: what lines have beside their cost.
  ReportGroups(std::vector<GroupKey> keys, const core::TimeZone& zone, core::ShownTerms terms = {})
      : keys_(std::move(keys)), zone_(zone), terms_(terms) {}

  /// Adds `times` such lines. Throws core::Error if a sum overflows.
  void add(const core::ReportLine& line, std::int64_t times);

  /// The keys, then tasks, currency, cost (of the priced lines), unpriced (the number of the
  /// others) and the sums of all counts; then billing currency, cost in it, and `unconverted` (the
  /// number of priced lines without one); then resale currency, resale, margin and `unsold`.
  [[nodiscard]] std::vector<core::ReportColumn> columns() const;
  /// Rows sorted by keys, then currency.
  [[nodiscard]] std::vector<std::vector<ReportCell>> rows() const;

 private:
  struct Sum {
    core::Decimal value;
    bool any = false;
    bool exact = true;  ///< false: a count was not a usable number, so there is no sum
    void add(const Sum& more);
    [[nodiscard]] std::string text() const { return any && exact ? value.text() : std::string(); }
  };
  struct Totals {
    std::int64_t tasks = 0;                 // without reversed ones
    std::int64_t unpriced = 0;              // lines
    std::optional<core::Decimal> cost;      // of the priced lines; none if there are none
    std::optional<core::Decimal> billed{};  // the same in the billing currency
    std::int64_t unconverted = 0;           // priced lines without it
    std::optional<core::Decimal> resale{};
    std::optional<core::Decimal> margin{};
    std::int64_t unsold = 0;
    std::array<Sum, core::kCounts.size()> counts;
    void add(const Totals& more);  // everything except the cost
  };

  static void add_counts(const core::ReportLine& line, std::int64_t times, Totals& totals);
  struct Currencies {
    std::string cost;
    std::string billing;
    std::string resale;
    auto operator<=>(const Currencies&) const = default;
  };
  using Rows = std::map<Currencies, Totals>;
  [[nodiscard]] static Rows rows_of(const Rows& by_currency);
  [[nodiscard]] static Currencies currencies_of(const core::ReportLine& line);
  static void add_terms(const core::ReportLine& line, std::int64_t times, Totals& totals);
  void add_term_cells(const Currencies& currencies, const Totals& totals,
                      std::vector<ReportCell>& row) const;

  std::vector<GroupKey> keys_;
  const core::TimeZone& zone_;
  core::ShownTerms terms_;
  std::map<std::vector<std::string>, Rows> groups_;  // by keys
};

}  // namespace cmd
