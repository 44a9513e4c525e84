// The chain of closings: a second record of every closing, besides the closed periods.
#pragma once

#include <string>
#include <vector>

#include "core/clock.h"
#include "storage/statements/rows.h"

namespace storage {

/// {name, whether the period is missing} of closings that overlap [$1, $2) and differ from their
/// periods.
inline constexpr const char* kLostClosings =
    "SELECT c.name, p.id IS NULL FROM closing AS c LEFT JOIN period AS p "
    "ON p.id = c.period AND p.name = c.name WHERE c.begins_at < $2 AND c.ends_at > $1 AND "
    "(p.id IS NULL OR p.sha256 <> c.sha256 OR p.begins_at <> c.begins_at OR "
    "p.ends_at <> c.ends_at) ORDER BY c.period";
inline constexpr const char* kBrokenLinks =
    "SELECT name FROM (SELECT name, period, previous_sha256, "
    "lag(sha256) OVER (ORDER BY period) AS sha256_before, "
    "row_number() OVER (ORDER BY period) AS place FROM closing) AS link WHERE period <> place OR "
    "previous_sha256 IS DISTINCT FROM sha256_before ORDER BY period";
inline constexpr const char* kUnrecordedClosings =
    "SELECT name FROM period WHERE id NOT IN (SELECT period FROM closing) ORDER BY id";

/// The differences between closings that overlap [begin, end) and their closed periods, one line
/// each: a missing period, or another SHA-256 or other bounds.
template <RowSource Rows>
[[nodiscard]] std::vector<std::string> lost_closings(Rows& source, core::UtcTime begin,
                                                     core::UtcTime end) {
  std::vector<std::string> findings;
  auto rows = source.select(kLostClosings,
                            {begin.time_since_epoch().count(), end.time_since_epoch().count()});
  while (rows.step()) {
    findings.push_back(
        "closed period " + std::string(rows.text(0)) + ": " +
        (rows.integer(1) != 0 ? "it was removed" : "it differs from its recorded closing"));
  }
  return findings;
}

/// Closings that were deleted from the chain, and closed periods without a closing.
template <RowSource Rows>
[[nodiscard]] std::vector<std::string> broken_links(Rows& source) {
  std::vector<std::string> findings;
  const auto add = [&](const char* text, const char* finding) {
    auto rows = source.select(text, {});
    while (rows.step()) {
      findings.push_back("closed period " + std::string(rows.text(0)) + finding);
    }
  };
  add(kBrokenLinks, ": an earlier closing is missing");
  add(kUnrecordedClosings, ": its closing was never recorded");
  return findings;
}

}  // namespace storage
