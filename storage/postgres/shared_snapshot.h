// One state of a ledger on PostgreSQL, read by several statements at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/server_transaction.h"

namespace storage {

/// A statement streams its rows over a connection of its own: there are as many as statements are
/// read at the same time, each in a transaction that imported the snapshot of the first one. That
/// one stays open for as long as this lives, so a pooler in transaction mode will do. Any thread.
class SharedSnapshot {
 public:
  /// Throws ServerError, ConnectionLost, as everything here.
  explicit SharedSnapshot(const LedgerUrl& url);
  SharedSnapshot(const SharedSnapshot&) = delete;
  SharedSnapshot& operator=(const SharedSnapshot&) = delete;

  struct Member {
    explicit Member(const LedgerUrl& url)
        : connection(url), transaction(connection, ServerTransaction::Kind::reading) {}
    Connection connection;
    ServerTransaction transaction;
  };
  /// Of a thread of its own until it is given back; one that is not is closed.
  [[nodiscard]] std::unique_ptr<Member> borrow();
  void give_back(std::unique_ptr<Member> member);

 private:
  LedgerUrl url_;
  Member holder_;
  std::string name_;  // of the snapshot, which the server forgets at the end of holder_
  std::mutex mutex_;
  std::vector<std::unique_ptr<Member>> idle_;
};

/// The rows of one statement on a snapshot: RowReader in storage/statements/rows.h. The first step
/// runs it.
class SnapshotCursor {
 public:
  SnapshotCursor(SharedSnapshot& snapshot, std::string sql,
                 std::initializer_list<std::int64_t> values)
      : snapshot_(&snapshot), sql_(std::move(sql)), values_(values) {}
  SnapshotCursor(SnapshotCursor&&) = default;
  SnapshotCursor& operator=(SnapshotCursor&& other) noexcept;
  ~SnapshotCursor() { end(); }

  bool step();
  void restart(std::initializer_list<std::int64_t> values);
  [[nodiscard]] bool is_null(int column) const { return rows_->is_null(column); }
  [[nodiscard]] std::int64_t integer(int column) const { return rows_->integer(column); }
  [[nodiscard]] std::string_view text(int column) const { return rows_->text(column); }
  [[nodiscard]] std::optional<core::UtcTime> time(int column) const { return rows_->time(column); }

 private:
  void end() noexcept;

  SharedSnapshot* snapshot_;
  std::string sql_;
  std::vector<std::int64_t> values_;
  std::unique_ptr<SharedSnapshot::Member> member_;
  std::unique_ptr<Rows> rows_;  // before its connection goes
  bool ended_ = false;
};

/// RowSource in storage/statements/rows.h.
class SnapshotRows {
 public:
  using Cursor = SnapshotCursor;

  explicit SnapshotRows(SharedSnapshot& snapshot) : snapshot_(&snapshot) {}
  [[nodiscard]] Cursor select(std::string_view text, std::initializer_list<std::int64_t> values);

 private:
  SharedSnapshot* snapshot_;
};

}  // namespace storage
