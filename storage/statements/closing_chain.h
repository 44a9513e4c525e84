// The chain of closings: what was ever closed, beside the closed periods themselves.
#pragma once

#include <string>
#include <vector>

#include "core/clock.h"
#include "storage/statements/rows.h"

namespace storage {

/// {name, whether the period is gone} of closings that share an instant with [$1, $2) and are not
/// as their periods say.
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

/// What closed periods that share an instant with [begin, end) lack of what their closings say, a
/// line each: one that was taken away, or whose SHA-256 or bounds are others.
template <RowSource Rows>
[[nodiscard]] std::vector<std::string> lost_closings(Rows& source, core::UtcTime begin,
                                                     core::UtcTime end) {
  std::vector<std::string> findings;
  auto rows = source.select(kLostClosings,
                            {begin.time_since_epoch().count(), end.time_since_epoch().count()});
  while (rows.step()) {
    findings.push_back(
        "closed period " + std::string(rows.text(0)) + ": " +
        (rows.integer(1) != 0 ? "it was taken away" : "it is not as its closing was recorded"));
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
  add(kBrokenLinks, ": what was closed before it is not there");
  add(kUnrecordedClosings, ": its closing was never recorded");
  return findings;
}

}  // namespace storage
