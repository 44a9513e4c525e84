#include "storage/postgres/billing/server_closing.h"

#include <cassert>
#include <utility>

#include "core/error.h"
#include "storage/migration.h"
#include "storage/postgres/billing/line_batch.h"
#include "storage/postgres/server_rows.h"
#include "storage/postgres/server_transaction.h"
#include "storage/statements/answered_tasks.h"
#include "storage/statements/closing_texts.h"
#include "storage/statements/period_chain.h"

namespace storage {
namespace {

constexpr const char* kDuplicateKey = "23505";

std::int64_t number_of(SnapshotRows& snapshot, const char* text) {
  SnapshotCursor row = snapshot.select(text, {});
  static_cast<void>(row.step());
  return row.integer(0);
}

void add_signature(Connection& connection, std::int64_t period, const std::string& signature,
                   core::UtcTime now) {
  connection.execute(kAddSignature, Parameters().add(period).add_bytes(signature).add_time(now));
}

// The period's row comes last, once count and hash are known. Its number is taken from the
// snapshot: of two closings at once the second one finds it used.
class ServerClosing final : public core::PeriodWriter {
 public:
  ServerClosing(const LedgerUrl& url, SnapshotRows& snapshot,
                const std::vector<core::ClosedPeriod>& closed, core::ClosedPeriod period,
                core::UtcTime now);

  void write_off(core::UtcTime stale_before) override;
  void add(const core::ReportLine& line) override;
  std::string commit(const core::ClosedReport& report) override;

 private:
  void settle_adjusted();
  void write_period(const std::string& sha256);
  [[nodiscard]] std::string write_link(const core::ClosedReport& report);
  template <typename Body>
  void alone(Body&& body) const;

  SnapshotRows& snapshot_;
  const std::vector<core::ClosedPeriod>& closed_;  // before this one
  core::ClosedPeriod period_;
  core::UtcTime now_;
  Connection connection_;
  ServerTransaction transaction_;
  std::optional<LineBatch> lines_;
};

ServerClosing::ServerClosing(const LedgerUrl& url, SnapshotRows& snapshot,
                             const std::vector<core::ClosedPeriod>& closed,
                             core::ClosedPeriod period, core::UtcTime now)
    : snapshot_(snapshot),
      closed_(closed),
      period_(std::move(period)),
      now_(now),
      connection_(url),
      transaction_(connection_, ServerTransaction::Kind::writing) {
  // What it writes rests on the snapshot alone, so that a run may commit beside it.
  connection_.run_script(
      "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; "
      "SET LOCAL idle_in_transaction_session_timeout = 0");
  if (const auto* other = core::overlapping_closed_period(closed_, period_.period)) {
    throw core::Error(period_.period.name + " overlaps " + other->period.name +
                      ", which is closed already");
  }
  period_.key = number_of(snapshot_, kNextPeriod);
  period_.checked_to = number_of(snapshot_, kLastSnapshot);
  lines_.emplace(connection_, period_.key, number_of(snapshot_, kNextLine));
}

// Runs what can meet another closing.
template <typename Body>
void ServerClosing::alone(Body&& body) const {
  try {
    std::forward<Body>(body)();
  } catch (const ServerError& error) {
    if (error.state() == kDuplicateKey) {
      throw core::Error("another period of the ledger " + connection_.name() +
                        " was closed meanwhile, and nothing of " + period_.period.name +
                        " was; run `reeltally close` again");
    }
    throw;
  }
}

void ServerClosing::write_off(core::UtcTime stale_before) {
  Column tasks(Column::Kind::integer);
  for (const std::int64_t task : task_keys(snapshot_, kStaleOfPeriod,
                                           {period_.period.begin.time_since_epoch().count(),
                                            period_.period.end.time_since_epoch().count(),
                                            stale_before.time_since_epoch().count()})) {
    tasks.add(task);
  }
  alone([&] {
    connection_.execute("INSERT INTO written_off (period, task) SELECT $1, unnest($2)",
                        Parameters().add(period_.key).add(tasks));
  });
}

void ServerClosing::add(const core::ReportLine& line) {
  alone([&] { lines_->add(line); });
  ++period_.lines;
}

// The adjustments of earlier closed periods that belong here are among the lines: those of the
// price books that the snapshot sees.
void ServerClosing::settle_adjusted() {
  for (const core::ClosedPeriod& other : closed_) {
    if (!period_.contains(core::adjusting_period(other, closed_).begin)) {
      continue;
    }
    connection_.execute(kMoveMark, Parameters().add(period_.checked_to).add(other.key));
    Column books(Column::Kind::integer);
    for (const std::int64_t book : task_keys(snapshot_, kUncarried, {other.key})) {
      books.add(book);
    }
    connection_.execute("UPDATE repricing SET carried_by = $1 WHERE id = ANY ($2)",
                        Parameters().add(period_.key).add(books));
  }
}

void ServerClosing::write_period(const std::string& sha256) {
  Parameters row;
  row.add(period_.key)
      .add(std::string_view(period_.period.name))
      .add_time(period_.period.begin)
      .add_time(period_.period.end)
      .add(std::string_view(period_.zone));
  if (period_.prices) {
    row.add(std::string_view(*period_.prices));
  } else {
    row.add_or_null("");
  }
  row.add_time(now_)
      .add(period_.lines)
      .add(std::string_view(sha256))
      .add(static_cast<std::int64_t>(period_.unfinished))
      .add(static_cast<std::int64_t>(period_.missing))
      .add(std::int64_t{newest_of(embedded_postgres_migrations())})
      .add(period_.checked_to);
  connection_.execute(kAddPeriod, row);
  connection_.execute(kAddClosing, Parameters()
                                       .add(period_.key)
                                       .add(std::string_view(period_.period.name))
                                       .add_time(period_.period.begin)
                                       .add_time(period_.period.end)
                                       .add(std::string_view(sha256)));
}

// The chain of snapshots is read up to what this closing has seen, whatever was committed since.
std::string ServerClosing::write_link(const core::ClosedReport& report) {
  ServerRows rows(connection_);
  const std::string statement = period_statement(rows, period_.key,
                                                 {.program = report.program,
                                                  .totals = report.totals,
                                                  .invoice_id = report.invoice_id,
                                                  .snapshot = period_.checked_to});
  std::string head = core::statement_head(statement);
  connection_.execute(
      kAddPeriodLink,
      Parameters().add(period_.key).add(std::string_view(statement)).add(std::string_view(head)));
  return head;
}

std::string ServerClosing::commit(const core::ClosedReport& report) {
  std::string head;
  alone([&] {
    lines_->flush();
    settle_adjusted();
    write_period(report.sha256);
    head = write_link(report);
  });
  const std::string signature = report.sign ? report.sign(head) : "";
  alone([&] {
    if (!signature.empty()) {
      add_signature(connection_, period_.key, signature, now_);
    }
    try {
      transaction_.commit();
    } catch (const ConnectionLost& failure) {
      throw core::Error(std::string(failure.what()) + "; whether " + period_.period.name +
                        " is closed, `reeltally close` tells when it is run again");
    }
  });
  return head;
}

}  // namespace

std::unique_ptr<core::PeriodWriter> begin_server_closing(
    const LedgerUrl& url, SnapshotRows& snapshot, const std::vector<core::ClosedPeriod>& closed,
    const core::ClosedPeriod& period, core::UtcTime now) {
  return std::make_unique<ServerClosing>(url, snapshot, closed, period, now);
}

void record_server_repricing(const LedgerUrl& url, const core::ClosedPeriod& closed,
                             const std::string& prices, core::UtcTime now) {
  Connection connection(url);
  transact(connection, [&] {
    connection.execute(
        "INSERT INTO repricing (id, period, prices, repriced_at) "
        "SELECT coalesce(max(id), 0) + 1, $1, $2, $3 FROM repricing",
        Parameters().add(closed.key).add(std::string_view(prices)).add_time(now));
  });
}

void record_server_signature(const LedgerUrl& url, const core::ClosedPeriod& closed,
                             const std::string& signature, core::UtcTime now) {
  Connection connection(url);
  transact(connection, [&] { add_signature(connection, closed.key, signature, now); });
}

void record_server_bundle(const LedgerUrl& url, const core::ClosedPeriod& closed,
                          const std::string& sha256, core::UtcTime now) {
  Connection connection(url);
  transact(connection, [&] {
    connection.execute(kKeepBundle, Parameters().add(closed.key).add(sha256).add_time(now));
  });
}

}  // namespace storage
