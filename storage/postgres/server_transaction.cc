#include "storage/postgres/server_transaction.h"

#include <chrono>
#include <string>
#include <thread>

#include "core/engine/retry.h"

namespace storage {
namespace {

// About half a minute in all.
constexpr core::RetryPolicy kRetry{.retries = 60,
                                   .first_delay_max = std::chrono::milliseconds(5),
                                   .delay_max = std::chrono::milliseconds(1'000)};

// pg_temp is last: no temporary table can take the place of one of the ledger's.
std::string settings() {
  return std::string("SET LOCAL search_path = ") + kLedgerSchema + ", pg_temp";
}

constexpr const char* kReading =
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

// The time-outs release the locks of a runner that was paused or lost its network.
constexpr const char* kWriting =
    "SET LOCAL synchronous_commit = on; SET LOCAL statement_timeout = '60s'; "
    "SET LOCAL lock_timeout = '20s'; SET LOCAL idle_in_transaction_session_timeout = '20s'";

// The plans are the same for all values, which the server need not look at. Where there is no index
// a scan seems so costly that it would compile the statement, and work in parallel.
constexpr const char* kByIndex =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; "
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; "
    "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off; "
    "SET LOCAL max_parallel_workers_per_gather = 0";

std::string begin(ServerTransaction::Kind kind) {
  using Kind = ServerTransaction::Kind;
  const bool reads = kind == Kind::reading || kind == Kind::reading_some;
  const bool some = kind == Kind::reading_some || kind == Kind::writing_some;
  return (reads ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " : "BEGIN; ") + settings() +
         "; " + (reads ? kReading : kWriting) + (some ? std::string("; ") + kByIndex : "");
}

}  // namespace

ServerTransaction::ServerTransaction(Connection& connection, Kind kind) : connection_(connection) {
  try {
    connection_.run_script(begin(kind));
  } catch (...) {
    if (!connection_.is_lost()) {
      connection_.run_script("ROLLBACK");
    }
    throw;
  }
}

ServerTransaction::~ServerTransaction() {
  if (open_ && !connection_.is_lost()) {
    try {
      connection_.run_script("ROLLBACK");
    } catch (const std::exception&) {
      // If the undo fails, the transaction is never committed, and ends with its connection.
    }
  }
}

void ServerTransaction::commit() {
  open_ = false;
  // Of a transaction that cannot be committed the server says that it was rolled back, no more.
  if (connection_.run_script("COMMIT") != "COMMIT") {
    throw core::Error("the server of the ledger " + connection_.name() +
                      " rolled a transaction back instead of committing it");
  }
}

bool RetryPause::may_go_on() const { return tries_ < kRetry.retries; }

void RetryPause::wait() {
  std::this_thread::sleep_for(core::retry_delay(kRetry, ++tries_, core::random_unit()));
}

void transact(Connection& connection, const std::function<void()>& body) {
  RetryPause pause;
  while (true) {
    try {
      ServerTransaction transaction(connection, ServerTransaction::Kind::writing);
      body();
      transaction.commit();
      return;
    } catch (const ServerError& error) {
      if (!is_conflict(error) || !pause.may_go_on()) {
        throw;
      }
    }
    pause.wait();
  }
}

ServerSavepoint::ServerSavepoint(Connection& connection) : connection_(connection) {
  connection_.run_script("SAVEPOINT part");
}

ServerSavepoint::~ServerSavepoint() {
  if (open_ && !connection_.is_lost()) {
    try {
      connection_.run_script("ROLLBACK TO part; RELEASE part");
    } catch (const std::exception&) {
      // In that case the transaction cannot be committed.
    }
  }
}

void ServerSavepoint::keep() {
  connection_.run_script("RELEASE part");
  open_ = false;
}

}  // namespace storage
