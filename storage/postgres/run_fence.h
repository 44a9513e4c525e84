// What keeps a run that lost its place from writing, and tells whether a COMMIT in doubt was done.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "core/error.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/server_transaction.h"

namespace storage {

/// Others declared this run dead, and took its work: it may write nothing more.
class RunLost : public core::Error {
 public:
  using core::Error::Error;
};

/// How a run takes part.
struct RunnerTerms {
  std::string crew;       ///< empty: it runs alone
  std::int64_t rate = 0;  ///< at most so many queries per second; 0: unlimited
  bool downloads = true;  ///< false: it leaves all videos wanted, and waits for none
  std::chrono::milliseconds lease{30'000};  ///< how long it counts as alive after a sign of life
  /// How long a server that is away is waited for.
  std::chrono::milliseconds outage_max{600'000};
  /// Whether it gives signs of life by itself, on a thread of its own.
  bool heartbeat = true;
  /// As Connection::Stop; any thread.
  Connection::Stop stop;
};

/// Locks the row that stands for the crew's work list, within the caller's transaction. Locks are
/// taken in one order everywhere: this one, the run's own row, the counters, the rest.
void lock_crew(Connection& connection);

/// Runs `body`, again when it throws ConnectionLost: until the server was away for too long. Throws
/// core::Stopped when the run is to stop.
void patiently(const RunnerTerms& terms, const std::function<void()>& body);

/// Reads one state of the ledger, again over a new connection when the old one is lost. What `body`
/// did before does not count then. Throws ConnectionLost when the server is away for too long.
void read_patiently(Connection& connection, const RunnerTerms& terms,
                    const std::function<void()>& body,
                    ServerTransaction::Kind kind = ServerTransaction::Kind::reading_some);

/// Every transaction of a run passes it. `durable` with a number, and `begin`, belong to one thread
/// at a time; the rest to any thread, each with a connection of its own.
class RunFence {
 public:
  explicit RunFence(RunnerTerms terms) : terms_(std::move(terms)) {}

  void begin(std::int64_t run);
  [[nodiscard]] std::int64_t run() const { return run_; }
  [[nodiscard]] const RunnerTerms& terms() const { return terms_; }

  /// One sign of life, tried once. `body`, if any, runs in its transaction, under the crew's lock.
  /// Throws RunLost, ServerError, ConnectionLost.
  void renew(Connection& connection, const std::function<void()>& body);

  /// What is thrown when others declared this run dead.
  [[nodiscard]] RunLost lost(const Connection& connection) const;

  enum class Kind {
    numbered,  ///< done exactly once, whatever happens to the connection
    repeated,  ///< may be done twice: a sign of life, a claim
  };
  /// Runs `body` in a transaction that renews the lease, until it is known to be done: again after
  /// a conflict, and over a new connection after a lost one. `body` may run several times; only
  /// what the last of them did counts. `locked` runs before the run's own row is locked. Throws
  /// RunLost; ConnectionLost when the server was away for too long; core::Error when it lost what
  /// it had acknowledged.
  void durable(Connection& connection, Kind kind, const std::function<void()>& body,
               const std::function<void()>& locked = {});

 private:
  enum class Passed { now, before };
  [[nodiscard]] Passed pass(Connection& connection, std::int64_t number);
  [[nodiscard]] bool was_done(Connection& connection, std::int64_t number);
  [[nodiscard]] bool attempt(Connection& connection, std::int64_t number, bool& in_doubt,
                             const std::function<void()>& body,
                             const std::function<void()>& locked);

  RunnerTerms terms_;
  std::int64_t run_ = 0;
  std::int64_t number_ = 0;        // of the last numbered transaction
  std::int64_t acknowledged_ = 0;  // of the last one that is done
};

}  // namespace storage
