// Transactions on PostgreSQL: undone unless committed, and tried again where they met another one.
#pragma once

#include <functional>

#include "storage/postgres/connection.h"

namespace storage {

/// The schema that holds a ledger's tables: one ledger to a database.
inline constexpr const char* kLedgerSchema = "reeltally";

/// Within it the ledger's tables are found by their bare names.
class ServerTransaction {
 public:
  enum class Kind {
    reading,  ///< sees one state of the ledger from its first statement to its end
    writing,  ///< may end in a conflict (is_conflict): see `transact`
  };
  /// Throws ServerError, ConnectionLost, as the methods do.
  ServerTransaction(Connection& connection, Kind kind);
  ~ServerTransaction();
  ServerTransaction(const ServerTransaction&) = delete;
  ServerTransaction& operator=(const ServerTransaction&) = delete;

  /// Durable when this returns. After ConnectionLost it is not known whether it is.
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

/// Runs `body` in a writing transaction and commits; again from the start, after a growing pause,
/// when it met another transaction. Gives up, with the last conflict, after a minute or so. `body`
/// must leave nothing behind when it throws.
void transact(Connection& connection, const std::function<void()>& body);

/// A part of a transaction that can be undone alone; it is, unless it was kept.
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
