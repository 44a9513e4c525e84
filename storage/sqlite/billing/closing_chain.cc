#include "storage/sqlite/billing/closing_chain.h"

#include "storage/sqlite/cursor.h"

namespace storage {

std::vector<std::string> lost_closings(SQLite::Database& database, core::UtcTime begin,
                                       core::UtcTime end) {
  std::vector<std::string> findings;
  Cursor rows(
      database,
      "SELECT c.name, p.id IS NULL FROM closing AS c LEFT JOIN period AS p "
      "ON p.id = c.period AND p.name = c.name WHERE c.begins_at < ?2 AND c.ends_at > ?1 AND "
      "(p.id IS NULL OR p.sha256 <> c.sha256 OR p.begins_at <> c.begins_at OR "
      "p.ends_at <> c.ends_at) ORDER BY c.period",
      {begin.time_since_epoch().count(), end.time_since_epoch().count()});
  while (rows.step()) {
    findings.push_back(
        "closed period " + std::string(rows.text(0)) + ": " +
        (rows.integer(1) != 0 ? "it was taken away" : "it is not as its closing was recorded"));
  }
  return findings;
}

std::vector<std::string> broken_links(SQLite::Database& database) {
  std::vector<std::string> findings;
  Cursor links(database,
               "SELECT name FROM (SELECT name, period, previous_sha256, "
               "lag(sha256) OVER (ORDER BY period) AS sha256_before, "
               "row_number() OVER (ORDER BY period) AS number FROM closing) "
               "WHERE period <> number OR previous_sha256 IS NOT sha256_before ORDER BY period",
               {});
  while (links.step()) {
    findings.push_back("closed period " + std::string(links.text(0)) +
                       ": what was closed before it is not there");
  }
  Cursor periods(database,
                 "SELECT name FROM period WHERE id NOT IN (SELECT period FROM closing) ORDER BY id",
                 {});
  while (periods.step()) {
    findings.push_back("closed period " + std::string(periods.text(0)) +
                       ": its closing was never recorded");
  }
  return findings;
}

}  // namespace storage
