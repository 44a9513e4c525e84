// The hash chain over closed periods, on any engine: what a link covers, and whether it still does.
#pragma once

#include <charconv>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/billing/period_statement.h"
#include "core/clock.h"
#include "core/files/sha256.h"
#include "core/text/hex.h"
#include "storage/statements/period_counts.h"
#include "storage/statements/rows.h"

namespace storage {

/// The first schema whose closed periods have a link. Earlier ones stay valid without.
inline constexpr int kSchemaWithLinks = 17;

inline constexpr const char* kStatedPeriod =
    "SELECT name, tz, begins_at, ends_at, closed_at, schema_version, line_count, sha256, "
    "unfinished, missing, prices FROM period WHERE id = $1";
inline constexpr const char* kStatedBooks =
    "SELECT p.name, r.prices FROM repricing AS r JOIN period AS p ON p.id = r.period "
    "WHERE r.carried_by = $1 ORDER BY r.id";
/// The last link of the chain of snapshots up to the snapshot $1.
inline constexpr const char* kStatedSnapshot =
    "SELECT last, sha256 FROM snapshot_link WHERE last <= $1 ORDER BY last DESC LIMIT 1";
/// The period that was closed before $1; without a link its CSV stands for it.
inline constexpr const char* kStatedPrevious =
    "SELECT c.name, coalesce(l.sha256, c.sha256) FROM closing AS c LEFT JOIN period_link AS l "
    "ON l.period = c.period WHERE c.period < $1 ORDER BY c.period DESC LIMIT 1";
inline constexpr const char* kAddPeriodLink =
    "INSERT INTO period_link (period, statement, sha256) VALUES ($1, $2, $3)";
inline constexpr const char* kAddSignature =
    "INSERT INTO period_signature (period, signature, signed_at) VALUES ($1, $2, $3)";
inline constexpr const char* kKeepBundle =
    "INSERT INTO period_bundle (period, sha256, bundled_at) VALUES ($1, $2, $3) "
    "ON CONFLICT (period) DO UPDATE SET sha256 = excluded.sha256, bundled_at = excluded.bundled_at";
/// {period, name, statement, sha256} of links, and of periods that must have one: the name is null
/// if the period was removed, the statement if the link was.
inline constexpr const char* kPeriodLinks =
    "SELECT l.period, p.name, l.statement, l.sha256, p.begins_at, p.ends_at FROM period_link AS l "
    "LEFT JOIN period AS p ON p.id = l.period UNION ALL "
    "SELECT p.id, p.name, NULL, NULL, p.begins_at, p.ends_at FROM period AS p "
    "WHERE p.schema_version >= $1 AND p.id NOT IN (SELECT period FROM period_link) ORDER BY 1";

/// What the ledger's other rows do not say of a closing.
struct ClosingFacts {
  std::string program;
  std::string totals;         ///< core::CostTotals::lines
  std::string invoice_id;     ///< empty: none
  std::int64_t snapshot = 0;  ///< the last one that it knew
};

template <RowSource Rows>
void state_written_off(Rows& source, std::int64_t period, core::PeriodStatement& statement) {
  core::Sha256 hash;
  for (const core::TaskName& task : tasks_written_off(source, period)) {
    hash.update(task.account + '|' + task.task_id + '\n');
    ++statement.written_off;
  }
  statement.written_off_sha256 = core::hex(hash.finish());
}

template <RowSource Rows>
void state_chains(Rows& source, std::int64_t period, std::int64_t snapshot,
                  core::PeriodStatement& statement) {
  statement.snapshot_sha256 = core::hex(core::Sha256Digest{});
  auto link = source.select(kStatedSnapshot, {snapshot});
  if (link.step()) {
    statement.snapshot = link.integer(0);
    statement.snapshot_sha256 = core::hex(link.text(1));
  }
  auto previous = source.select(kStatedPrevious, {period});
  if (previous.step()) {
    statement.previous = {std::string(previous.text(0)), std::string(previous.text(1))};
  }
}

/// The statement of a closed period, from the rows that the ledger has of it now.
template <RowSource Rows>
[[nodiscard]] std::string period_statement(Rows& source, std::int64_t period,
                                           const ClosingFacts& facts) {
  core::PeriodStatement statement{
      .program = facts.program, .totals = facts.totals, .invoice_id = facts.invoice_id};
  {
    auto row = source.select(kStatedPeriod, {period});
    if (row.step()) {
      statement.period = row.text(0);
      statement.zone = row.text(1);
      statement.begins_at = row.integer(2);
      statement.ends_at = row.integer(3);
      statement.closed_at = row.integer(4);
      statement.schema_version = row.integer(5);
      statement.lines = row.integer(6);
      statement.csv_sha256 = row.text(7);
      statement.unfinished = row.integer(8);
      statement.missing = row.integer(9);
      statement.prices_sha256 = row.is_null(10) ? "" : core::sha256_hex(row.text(10));
    }
  }
  {
    auto books = source.select(kStatedBooks, {period});
    while (books.step()) {
      statement.repriced.push_back({std::string(books.text(0)), core::sha256_hex(books.text(1))});
    }
  }
  state_written_off(source, period, statement);
  state_chains(source, period, facts.snapshot, statement);
  return statement.text();
}

/// What is wrong with a link; empty: nothing.
template <RowSource Rows>
[[nodiscard]] std::string wrong_with_link(Rows& source, std::int64_t period,
                                          const std::string& statement, std::string_view head) {
  if (core::statement_head(statement) != head) {
    return "its hash is not that of its statement";
  }
  ClosingFacts facts{.program = std::string(core::stated(statement, "program")),
                     .totals = core::stated_totals(statement),
                     .invoice_id = std::string(core::stated(statement, core::kInvoiceId))};
  const std::string_view snapshot = core::stated(statement, "snapshot");
  std::from_chars(snapshot.data(), snapshot.data() + snapshot.size(), facts.snapshot);
  const std::string now = period_statement(source, period, facts);
  const std::string key = core::first_difference(statement, now);
  return key.empty() ? ""
                     : "its hash covers another value of `" + key + "` than the ledger has now";
}

/// The breaks of the chain of closed periods, one line each: of the periods that overlap
/// [begin, end), and of periods that are gone.
template <RowSource Rows>
[[nodiscard]] std::vector<std::string> broken_period_links(Rows& source, core::UtcTime begin,
                                                           core::UtcTime end) {
  struct Link {
    std::int64_t period = 0;
    std::string name;
    std::string statement;
    std::string sha256;
  };
  std::vector<std::string> findings;
  std::vector<Link> links;
  auto rows = source.select(kPeriodLinks, {kSchemaWithLinks});
  while (rows.step()) {
    if (rows.is_null(1)) {
      findings.push_back("closed period " + std::string(core::stated(rows.text(2), "period")) +
                         ": it was removed; its hash is still there");
    } else if (*rows.time(4) < end && *rows.time(5) > begin) {
      links.push_back({rows.integer(0), std::string(rows.text(1)), std::string(rows.text(2)),
                       std::string(rows.text(3))});
    }
  }
  for (const Link& link : links) {
    const std::string wrong =
        link.statement.empty() ? "its hash was removed"
                               : wrong_with_link(source, link.period, link.statement, link.sha256);
    if (!wrong.empty()) {
      findings.push_back("closed period " + link.name + ": " + wrong);
    }
  }
  return findings;
}

}  // namespace storage
