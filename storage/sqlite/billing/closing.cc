#include "storage/sqlite/billing/closing.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "storage/sqlite/billing/adjustments.h"
#include "storage/sqlite/billing/period_blockers.h"
#include "storage/sqlite/billing/report_lines.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"

namespace storage {

// Lines refer to their period, whose own row is written last: with all that is known of it then.
struct Closing::Connection {
  Connection(const std::string& ledger, ClosedPeriod to_close, core::UtcTime closed_at)
      : path(ledger),
        database(open_for_writing(ledger)),
        period(std::move(to_close)),
        now(closed_at) {
    require_schema(*database, path, embedded_migrations());
    transaction = std::make_unique<Transaction>(*database, Transaction::Kind::writing);
    database->exec("PRAGMA defer_foreign_keys = ON");
    closed = read_closed_periods(*database);
    period.key = database->execAndGet("SELECT ifnull(max(id), 0) + 1 FROM period").getInt64();
    period.checked_to = database->execAndGet("SELECT ifnull(max(id), 0) FROM snapshot").getInt64();
    insert = std::make_unique<LineInsert>(*database);
  }
  void write_period(const std::string& sha256) const;
  void write_closing(const std::string& sha256) const;
  void settle_adjusted() const;

  std::string path;
  std::unique_ptr<SQLite::Database> database;
  ClosedPeriod period;
  core::UtcTime now;
  std::unique_ptr<Transaction> transaction;
  std::vector<ClosedPeriod> closed;  // before this one
  std::unique_ptr<LineInsert> insert;
};

void Closing::Connection::write_period(const std::string& sha256) const {
  Statement row(*database,
                "INSERT INTO period (id, name, begins_at, ends_at, tz, prices, closed_at, "
                "line_count, sha256, unfinished, missing, schema_version, checked_to) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  int at = 0;
  row.bind(++at, period.key);
  row.bind(++at, period.period.name);
  row.bind_time(++at, period.period.begin);
  row.bind_time(++at, period.period.end);
  row.bind(++at, period.zone);
  if (period.prices) {
    row.bind(++at, *period.prices);
  } else {
    row.bind_null(++at);
  }
  row.bind_time(++at, now);
  row.bind(++at, period.lines);
  row.bind(++at, sha256);
  row.bind(++at, static_cast<std::int64_t>(period.unfinished));
  row.bind(++at, static_cast<std::int64_t>(period.missing));
  row.bind(++at, std::int64_t{embedded_migrations().back().number});
  row.bind(++at, period.checked_to);
  row.run();
}

// A link of the chain that names what was ever closed.
void Closing::Connection::write_closing(const std::string& sha256) const {
  Statement row(
      *database,
      "INSERT INTO closing (period, name, begins_at, ends_at, sha256, previous_sha256) "
      "VALUES (?, ?, ?, ?, ?, (SELECT sha256 FROM closing ORDER BY period DESC LIMIT 1))");
  int at = 0;
  row.bind(++at, period.key);
  row.bind(++at, period.period.name);
  row.bind_time(++at, period.period.begin);
  row.bind_time(++at, period.period.end);
  row.bind(++at, sha256);
  row.run();
}

// The adjustments of earlier closed periods that belong here are among the lines.
void Closing::Connection::settle_adjusted() const {
  Statement settle(*database, "UPDATE period SET checked_to = ? WHERE id = ?");
  Statement carry(*database,
                  "UPDATE repricing SET carried_by = ? WHERE period = ? AND carried_by IS NULL");
  for (const ClosedPeriod& other : closed) {
    if (period.contains(adjusting_period(other, closed).begin)) {
      settle.bind(1, period.checked_to);
      settle.bind(2, other.key);
      settle.run();
      carry.bind(1, period.key);
      carry.bind(2, other.key);
      carry.run();
    }
  }
}

Closing::Closing(const std::string& path, const ClosedPeriod& period, core::UtcTime now) {
  with_ledger_errors(path, "close a period of",
                     [&] { connection_ = std::make_unique<Connection>(path, period, now); });
  if (const auto* other = overlapping_closed_period(connection_->closed, period.period)) {
    throw core::Error(period.period.name + " overlaps " + other->period.name +
                      ", which is closed already");
  }
}

Closing::~Closing() = default;

void Closing::write_off(core::UtcTime stale_before) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "close a period of", [&] {
    Statement rows(*c.database, ("INSERT INTO written_off (period, task) SELECT ?1, id FROM " +
                                 std::string(kUnfinishedOfPeriod) + " AND " + kSubmitted + " < ?4")
                                    .c_str());
    rows.bind(1, c.period.key);
    rows.bind_time(2, c.period.period.begin);
    rows.bind_time(3, c.period.period.end);
    rows.bind_time(4, stale_before);
    rows.run();
  });
}

void Closing::add(const core::ReportLine& line) {
  with_ledger_errors(connection_->path, "close a period of",
                     [&] { connection_->insert->add(connection_->period.key, line); });
  ++connection_->period.lines;
}

void Closing::commit(const std::string& sha256) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "close a period of", [&] {
    c.settle_adjusted();
    c.write_period(sha256);
    c.write_closing(sha256);
    c.transaction->commit();
  });
}

}  // namespace storage
