#include "storage/sqlite/billing/closing.h"

#include <cassert>
#include <utility>

#include "core/error.h"
#include "storage/sqlite/billing/line_thread.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"
#include "storage/statements/closed_periods.h"
#include "storage/statements/closing_texts.h"
#include "storage/statements/period_chain.h"

namespace storage {
namespace {

constexpr const char* kClosing = "close a period of";
constexpr const char* kRepricing = "price a period anew in";
constexpr const char* kSigning = "keep a signature in";
constexpr const char* kBundling = "record a bundle in";

void add_signature(SQLite::Database& database, std::int64_t period, const std::string& signature,
                   core::UtcTime now) {
  Statement row(database, in_dialect(kAddSignature, Dialect::sqlite).c_str());
  row.bind(1, period);
  row.bind_blob(2, signature);
  row.bind_time(3, now);
  row.run();
}

// The period row is inserted last, once count and hash are known. References are not looked up:
// they are to that row, and to tasks and snapshots that were just read, which nobody removes
// meanwhile.
class Closing final : public core::PeriodWriter {
 public:
  Closing(const std::string& path, core::ClosedPeriod period, core::UtcTime now);

  void write_off(core::UtcTime stale_before) override;
  void add(const core::ReportLine& line) override;
  std::string commit(const core::ClosedReport& report) override;

 private:
  [[nodiscard]] Statement prepare(const std::string& text) const {
    return {*database_, in_dialect(text, Dialect::sqlite).c_str()};
  }
  void write_period(const std::string& sha256) const;
  void write_closing(const std::string& sha256) const;
  [[nodiscard]] std::string write_link(const core::ClosedReport& report) const;
  void settle_adjusted() const;

  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  core::ClosedPeriod period_;
  core::UtcTime now_;
  std::unique_ptr<Transaction> transaction_;
  std::vector<core::ClosedPeriod> closed_;  // before this one
  std::unique_ptr<LineThread> lines_;
  bool committed_ = false;
};

Closing::Closing(const std::string& path, core::ClosedPeriod period, core::UtcTime now)
    : path_(path), database_(open_for_writing(path)), period_(std::move(period)), now_(now) {
  require_schema(*database_, path_, embedded_migrations());
  trust_references(*database_, path_);
  transaction_ = std::make_unique<Transaction>(*database_, Transaction::Kind::writing);
  SqliteRows rows(*database_);
  closed_ = read_closed_periods(rows);
  period_.key = database_->execAndGet(kNextPeriod).getInt64();
  period_.checked_to = database_->execAndGet(kLastSnapshot).getInt64();
  if (const auto* other = core::overlapping_closed_period(closed_, period_.period)) {
    throw core::Error(period_.period.name + " overlaps " + other->period.name +
                      ", which is closed already");
  }
  lines_ = std::make_unique<LineThread>(*database_, period_.key);
}

void Closing::write_period(const std::string& sha256) const {
  Statement row = prepare(kAddPeriod);
  int at = 0;
  row.bind(++at, period_.key);
  row.bind(++at, period_.period.name);
  row.bind_time(++at, period_.period.begin);
  row.bind_time(++at, period_.period.end);
  row.bind(++at, period_.zone);
  if (period_.prices) {
    row.bind(++at, *period_.prices);
  } else {
    row.bind_null(++at);
  }
  row.bind_time(++at, now_);
  row.bind(++at, period_.lines);
  row.bind(++at, sha256);
  row.bind(++at, static_cast<std::int64_t>(period_.unfinished));
  row.bind(++at, static_cast<std::int64_t>(period_.missing));
  row.bind(++at, std::int64_t{embedded_migrations().back().number});
  row.bind(++at, period_.checked_to);
  row.run();
}

void Closing::write_closing(const std::string& sha256) const {
  Statement row = prepare(kAddClosing);
  int at = 0;
  row.bind(++at, period_.key);
  row.bind(++at, period_.period.name);
  row.bind_time(++at, period_.period.begin);
  row.bind_time(++at, period_.period.end);
  row.bind(++at, sha256);
  row.run();
}

// The lines include the adjustments of earlier closed periods that belong here.
void Closing::settle_adjusted() const {
  Statement settle = prepare(kMoveMark);
  Statement carry = prepare(kCarryRepricings);
  for (const core::ClosedPeriod& other : closed_) {
    if (period_.contains(core::adjusting_period(other, closed_).begin)) {
      settle.bind(1, period_.checked_to);
      settle.bind(2, other.key);
      settle.run();
      carry.bind(1, period_.key);
      carry.bind(2, other.key);
      carry.run();
    }
  }
}

void Closing::write_off(core::UtcTime stale_before) {
  with_ledger_errors(path_, kClosing, [&] {
    lines_->flush();
    Statement rows = prepare("INSERT INTO written_off (period, task) SELECT $4, id FROM (" +
                             kStaleOfPeriod + ")");
    rows.bind_time(1, period_.period.begin);
    rows.bind_time(2, period_.period.end);
    rows.bind_time(3, stale_before);
    rows.bind(4, period_.key);
    rows.run();
  });
}

void Closing::add(const core::ReportLine& line) {
  assert(!committed_);
  with_ledger_errors(path_, kClosing, [&] { lines_->add(line); });
  ++period_.lines;
}

std::string Closing::write_link(const core::ClosedReport& report) const {
  SqliteRows rows(*database_);
  const std::string statement = period_statement(rows, period_.key,
                                                 {.program = report.program,
                                                  .totals = report.totals,
                                                  .invoice_id = report.invoice_id,
                                                  .snapshot = period_.checked_to});
  std::string head = core::statement_head(statement);
  Statement link = prepare(kAddPeriodLink);
  link.bind(1, period_.key);
  link.bind(2, statement);
  link.bind(3, head);
  link.run();
  return head;
}

std::string Closing::commit(const core::ClosedReport& report) {
  assert(!committed_);
  std::string head;
  with_ledger_errors(path_, kClosing, [&] {
    lines_->flush();
    settle_adjusted();
    write_period(report.sha256);
    write_closing(report.sha256);
    head = write_link(report);
  });
  const std::string signature = report.sign ? report.sign(head) : "";
  with_ledger_errors(path_, kClosing, [&] {
    if (!signature.empty()) {
      add_signature(*database_, period_.key, signature, now_);
    }
    transaction_->commit();
  });
  committed_ = true;
  return head;
}

}  // namespace

std::unique_ptr<core::PeriodWriter> begin_closing(const std::string& path,
                                                  const core::ClosedPeriod& period,
                                                  core::UtcTime now) {
  return with_ledger_errors(path, kClosing,
                            [&] { return std::make_unique<Closing>(path, period, now); });
}

void record_repricing(const std::string& path, const core::ClosedPeriod& closed,
                      const std::string& prices, core::UtcTime now) {
  const auto database = open_for_writing(path);
  with_ledger_errors(path, kRepricing, [&] {
    require_schema(*database, path, embedded_migrations());
    Transaction transaction(*database, Transaction::Kind::writing);
    Statement row(*database,
                  "INSERT INTO repricing (period, prices, repriced_at) VALUES (?, ?, ?)");
    row.bind(1, closed.key);
    row.bind(2, prices);
    row.bind_time(3, now);
    row.run();
    transaction.commit();
  });
}

void record_signature(const std::string& path, const core::ClosedPeriod& closed,
                      const std::string& signature, core::UtcTime now) {
  const auto database = open_for_writing(path);
  with_ledger_errors(path, kSigning, [&] {
    require_schema(*database, path, embedded_migrations());
    Transaction transaction(*database, Transaction::Kind::writing);
    add_signature(*database, closed.key, signature, now);
    transaction.commit();
  });
}

void record_bundle(const std::string& path, const core::ClosedPeriod& closed,
                   const std::string& sha256, core::UtcTime now) {
  const auto database = open_for_writing(path);
  with_ledger_errors(path, kBundling, [&] {
    require_schema(*database, path, embedded_migrations());
    Transaction transaction(*database, Transaction::Kind::writing);
    Statement row(*database, in_dialect(kKeepBundle, Dialect::sqlite).c_str());
    row.bind(1, closed.key);
    row.bind(2, sha256);
    row.bind_time(3, now);
    row.run();
    transaction.commit();
  });
}

}  // namespace storage
