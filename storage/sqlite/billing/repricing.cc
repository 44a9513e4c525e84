#include "storage/sqlite/billing/repricing.h"

#include <algorithm>

#include "storage/sqlite/billing/adjustments.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

void record(SQLite::Database& database, std::int64_t period, const std::string& prices,
            core::UtcTime now) {
  Statement row(database, "INSERT INTO repricing (period, prices, repriced_at) VALUES (?, ?, ?)");
  row.bind(1, period);
  row.bind(2, prices);
  row.bind_time(3, now);
  row.run();
}

}  // namespace

struct Repricing::Connection {
  Connection(const std::string& ledger, const ClosedPeriod& closed, const std::string& prices,
             core::UtcTime now)
      : path(ledger), database(open_for_writing(ledger)) {
    require_schema(*database, path, embedded_migrations());
    transaction = std::make_unique<Transaction>(*database, Transaction::Kind::writing);
    Cursor unpriced(
        *database,
        "SELECT count(*) FROM report_line AS l WHERE l.incurred = ?1 AND l.cost IS NULL "
        "AND NOT l.reversal AND NOT EXISTS (SELECT 1 FROM report_line AS r WHERE "
        "r.task = l.task AND r.reversal AND r.adjusts = l.line_id)",
        {closed.key});
    unpriced.step();
    unpriced_before = unpriced.integer(0);
    record(*database, closed.key, prices, now);
    const std::vector<ClosedPeriod> all = read_closed_periods(*database);
    shown_in = adjusting_period(closed, all);
    lines = find_adjustments(*database, all,
                             {.begin = shown_in.begin, .end = shown_in.end, .videos = true});
    std::erase_if(
        lines, [&closed](const core::OwnedLine& line) { return line.incurred_in != closed.key; });
  }

  std::string path;
  std::unique_ptr<SQLite::Database> database;
  std::unique_ptr<Transaction> transaction;
  core::Period shown_in;
  std::vector<core::OwnedLine> lines;
  std::int64_t unpriced_before = 0;
};

Repricing::Repricing(const std::string& path, const ClosedPeriod& closed, const std::string& prices,
                     core::UtcTime now) {
  with_ledger_errors(path, "price a period anew in", [&] {
    connection_ = std::make_unique<Connection>(path, closed, prices, now);
  });
}

Repricing::~Repricing() = default;

const std::vector<core::OwnedLine>& Repricing::lines() const { return connection_->lines; }
const core::Period& Repricing::shown_in() const { return connection_->shown_in; }
std::int64_t Repricing::unpriced_before() const { return connection_->unpriced_before; }

void Repricing::commit() {
  with_ledger_errors(connection_->path, "price a period anew in",
                     [&] { connection_->transaction->commit(); });
}

}  // namespace storage
