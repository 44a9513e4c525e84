// Transactions on PostgreSQL: undone unless committed, and retried after a conflict.
#pragma once

#include <functional>
#include <string>

#include "storage/postgres/connection.h"

namespace storage {

/// The schema with a ledger's tables: one ledger per database.
inline constexpr const char* kLedgerSchema = "reeltally";

/// Inside it, statements find the ledger's tables by their bare names.
class ServerTransaction {
 public:
  enum class Kind {
    reading,  ///< sees one state of the ledger from its first statement on
    writing,  ///< may end in a conflict (is_conflict): see `transact`
    /// The same for some of many rows: each statement goes by an index, whatever the server
    /// believes of the tables. Of a young ledger it knows nothing, and would read them from end to
    /// end.
    reading_some,
    writing_some,
  };
  /// Throws ServerError, ConnectionLost, as the methods do.
  ServerTransaction(Connection& connection, Kind kind);
  ~ServerTransaction();
  ServerTransaction(const ServerTransaction&) = delete;
  ServerTransaction& operator=(const ServerTransaction&) = delete;

  /// Durable on return. After ConnectionLost it is unknown whether it is.
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

/// Growing pauses between tries, of random length: two that met must not meet again.
class RetryPause {
 public:
  /// Whether a transaction that met another one is to be tried again: for a minute or so.
  [[nodiscard]] bool may_go_on() const;
  void wait();

 private:
  int tries_ = 0;
};

/// Runs `body` in a writing transaction and commits; again from the start, after a growing pause,
/// when it met another transaction. Gives up, with the last conflict, after a minute or so. `body`
/// must leave nothing behind when it throws.
void transact(Connection& connection, const std::function<void()>& body);

/// A part of a transaction that can be undone separately; it is undone unless `keep` was called.
class ServerSavepoint {
 public:
  explicit ServerSavepoint(Connection& connection);
  ~ServerSavepoint();
  ServerSavepoint(const ServerSavepoint&) = delete;
  ServerSavepoint& operator=(const ServerSavepoint&) = delete;
  void keep();

 private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace storage
