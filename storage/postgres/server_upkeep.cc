#include "storage/postgres/server_upkeep.h"

#include <initializer_list>

#include "storage/migration.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/live_runs.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/server_blocks.h"
#include "storage/postgres/server_rows.h"
#include "storage/postgres/server_transaction.h"

namespace storage {
namespace {

// Of one transaction: some 60,000 answers.
constexpr std::int64_t kBlocksAtOnce = 1'024;

// A killed run wrote nothing after its lease, nor after a run began that is not of its crew.
constexpr const char* kLastSign =
    "(SELECT least(p.alive_until, (SELECT min(n.started_at) FROM run AS n WHERE n.id > r.id AND "
    "(r.crew = '' OR n.crew <> r.crew))) FROM runner AS p WHERE p.run = r.id)";

// One writing transaction that keeps runs away.
class MaintainedServer {
 public:
  using Rows = ServerRows;

  explicit MaintainedServer(Connection& connection) : connection_(connection), rows_(connection) {
    require_no_run(connection);
  }

  [[nodiscard]] ServerRows& rows() { return rows_; }
  std::uint64_t change(const std::string& text, std::initializer_list<std::int64_t> values) {
    Parameters parameters;
    for (const std::int64_t value : values) {
      parameters.add(value);
    }
    return connection_.execute(in_dialect(text, Dialect::postgres), parameters);
  }
  [[nodiscard]] storage::Rows find(const std::string& text, const std::string& account,
                                   const std::string& id) {
    return connection_.query(in_dialect(text, Dialect::postgres),
                             Parameters().add(account).add(id));
  }
  [[nodiscard]] BlockReader& blocks() { return answers_; }
  void rewrite(std::int64_t block, const EncodedBlock& encoded) {
    connection_.execute(
        "UPDATE answer_block SET dictionary = $2, lengths = $3, content = $4 WHERE id = $1",
        Parameters()
            .add(block)
            .add(dictionary_row(connection_))
            .add_bytes(encoded.lengths)
            .add_bytes(encoded.content));
  }

 private:
  Connection& connection_;
  ServerRows rows_;
  ServerBlocks answers_{connection_};
};

void require_ledger(Connection& connection) {
  require_server_schema(connection, embedded_postgres_migrations());
}

// The first block from `from` on; none behind the last one.
std::optional<std::int64_t> next_block(Connection& connection, std::int64_t from) {
  const ServerTransaction moment(connection, ServerTransaction::Kind::reading);
  Rows row =
      connection.query("SELECT min(id) FROM answer_block WHERE id >= $1", Parameters().add(from));
  return row.step() && !row.is_null(0) ? std::optional(row.integer(0)) : std::nullopt;
}

void add(PruneReport& sum, const PruneReport& part) {
  sum.tasks += part.tasks;
  sum.answers += part.answers;
  sum.bytes_before += part.bytes_before;
  sum.bytes_after += part.bytes_after;
}

void give_space_back(Connection& connection) {
  const std::string schema = kLedgerSchema;
  connection.run_script("VACUUM " + schema + ".answer_block, " + schema + ".snapshot");
}

}  // namespace

std::vector<SparedPeriod> spared_periods(const LedgerUrl& url, core::UtcTime before) {
  Connection connection(url);
  require_ledger(connection);
  const ServerTransaction moment(connection, ServerTransaction::Kind::reading);
  ServerRows rows(connection);
  return read_spared(rows, before);
}

PruneReport prune_ledger(const LedgerUrl& url, core::UtcTime before, PruneScope scope) {
  Connection connection(url);
  require_ledger(connection);
  PruneReport report;
  for (auto at = next_block(connection, 0); at; at = next_block(connection, *at + kBlocksAtOnce)) {
    PruneReport part;
    transact(connection, [&] {
      MaintainedServer ledger(connection);
      part = prune_blocks(ledger, {before, scope}, *at, *at + kBlocksAtOnce);
    });
    add(report, part);
  }
  if (report.answers > 0) {
    give_space_back(connection);
  }
  return report;
}

ForgetReport forget_tasks(const LedgerUrl& url, const std::string& account,
                          const std::vector<core::TaskId>& ids, core::UtcTime now) {
  Connection connection(url);
  require_ledger(connection);
  ForgetReport report;
  transact(connection, [&] {
    MaintainedServer ledger(connection);
    report = forget_named(ledger, account, ids, now);
  });
  return report;
}

std::optional<ForgetReport> forget_import(const LedgerUrl& url, std::int64_t run,
                                          core::UtcTime now) {
  Connection connection(url);
  require_ledger(connection);
  std::optional<ForgetReport> report;
  transact(connection, [&] {
    MaintainedServer ledger(connection);
    report = forget_met(ledger, run, kLastSign, now);
  });
  return report;
}

}  // namespace storage
