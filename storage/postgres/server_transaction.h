// Transactions on PostgreSQL: undone unless committed, and retried after a conflict.
#pragma once

#include <functional>

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

/// Runs `body` in a writing transaction and commits. After a conflict it starts again, with a
/// growing pause. After about a minute it gives up and throws the last conflict. `body` must leave
/// nothing behind if it throws.
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
