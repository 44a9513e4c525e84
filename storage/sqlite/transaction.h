// A transaction that is undone unless it was committed.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

namespace storage {

/// SQLiteCpp's own class ends the program if there is no memory for the error text of a failed
/// undo. Here a failed undo is ignored: the transaction is never committed, and ends with its
/// connection.
class Transaction {
 public:
  /// `writing` takes the write lock at once.
  enum class Kind { reading, writing };
  /// Throws SQLite::Exception.
  Transaction(SQLite::Database& database, Kind kind) : database_(database) {
    database_.exec(kind == Kind::writing ? "BEGIN IMMEDIATE" : "BEGIN");
  }
  ~Transaction() {
    if (open_) {
      sqlite3_exec(database_.getHandle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Durable on return. Throws SQLite::Exception.
  void commit() {
    database_.exec("COMMIT");
    open_ = false;
  }

 private:
  SQLite::Database& database_;
  bool open_ = true;
};

/// A part of a transaction that can be undone separately; it is undone unless `keep` was called.
class Savepoint {
 public:
  /// Throws SQLite::Exception.
  explicit Savepoint(SQLite::Database& database) : database_(database) {
    database_.exec("SAVEPOINT part");
  }
  ~Savepoint() {
    if (open_) {
      sqlite3_exec(database_.getHandle(), "ROLLBACK TO part; RELEASE part", nullptr, nullptr,
                   nullptr);
    }
  }
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;

  /// Throws SQLite::Exception.
  void keep() {
    database_.exec("RELEASE part");
    open_ = false;
  }

 private:
  SQLite::Database& database_;
  bool open_ = true;
};

}  // namespace storage
