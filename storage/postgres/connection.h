// One connection to a PostgreSQL server: sends statements, receives rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/clock.h"
#include "storage/postgres/ledger_url.h"
#include "storage/postgres/parameters.h"
#include "storage/postgres/server_error.h"
#include "storage/postgres/server_exchange.h"

namespace storage {

class Connection;

/// The rows of one statement, read forward like those of storage::Cursor and storage::Statement on
/// SQLite. Belongs to the thread of its connection, which must outlive it.
class Rows {
 public:
  Rows(Rows&& other) noexcept;
  Rows& operator=(Rows&&) = delete;
  /// Ends a statement that was not read to its end.
  ~Rows();

  /// Moves to the next row; false after the last one. Throws ServerError, ConnectionLost.
  [[nodiscard]] bool step();

  [[nodiscard]] int columns() const;
  [[nodiscard]] std::string_view name(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  /// Of type numeric, which only Format::text reads.
  [[nodiscard]] bool is_numeric(int column) const;
  /// Of a bigint, integer, smallint or boolean; null is 0.
  [[nodiscard]] std::int64_t integer(int column) const;
  /// The integer in the first column of the next row; 0 if there is none: of counts and keys.
  [[nodiscard]] std::int64_t next_integer() { return step() ? integer(0) : 0; }
  /// The value of a text, or of any type with Format::text. Valid until the next step; null is
  /// empty.
  [[nodiscard]] std::string_view text(int column) const;
  /// The value of a bytea. Valid until the next step; null is empty.
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] std::optional<core::UtcTime> time(int column) const;

 private:
  friend class Connection;
  using Result = ServerExchange::Result;
  explicit Rows(Result all) : result_(std::move(all)) {}
  explicit Rows(ServerExchange& streaming) : source_(&streaming) {}
  [[nodiscard]] std::string_view bytes(int column) const;

  ServerExchange* source_ = nullptr;  // sends the remaining rows; null: all are in result_
  Result result_;
  int row_ = -1;
};

/// Blocks while the server works. One thread at a time. Keeps no state on the server between
/// transactions, so that a pooler may assign each one another server process: no SET except SET
/// LOCAL (used by Transaction), no named statement, no temporary table, no session lock.
class Connection {
 public:
  /// Called several times a second during a statement; if it returns true, core::Stopped is thrown,
  /// and the connection is lost. Called on the connection's thread.
  using Stop = ServerExchange::Stop;

  /// Connects. Throws ConnectionLost that names the server and the reason.
  explicit Connection(LedgerUrl url, Stop stop = {});
  struct Later {};
  /// Lost until `reconnect`: for those that wait for a server that is away.
  Connection(Later /*tag*/, LedgerUrl url, Stop stop)
      : exchange_(std::move(url), std::move(stop)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  using Fetch = ServerExchange::Fetch;
  using Format = ServerExchange::Format;
  using How = ServerExchange::How;
  /// Throws ServerError, ConnectionLost, core::Stopped, like all methods below.
  [[nodiscard]] Rows query(const std::string& sql, const Parameters& parameters, How how);
  [[nodiscard]] Rows query(const std::string& sql, const Parameters& parameters = {}) {
    return query(sql, parameters, How{});
  }
  /// Returns how many rows were changed.
  std::uint64_t execute(const std::string& sql, const Parameters& parameters = {});
  /// Several statements in one message, without parameters and rows. Returns what the last one
  /// did, in the server's word: "COMMIT".
  std::string run_script(const std::string& sql);

  /// A lost connection accepts no statement until `reconnect`.
  [[nodiscard]] bool is_lost() const { return exchange_.is_lost(); }
  /// Throws ConnectionLost.
  void reconnect() { exchange_.connect(); }

  /// For messages: the ledger's URL, which contains no secret.
  [[nodiscard]] const std::string& name() const { return url().shown(); }
  [[nodiscard]] const LedgerUrl& url() const { return exchange_.url(); }
  /// 150004 is 15.4.
  [[nodiscard]] int server_version() const;
  /// Of the process that answered at first: a pooler's is not the server's pg_backend_pid().
  [[nodiscard]] int process() const;

 private:
  ServerExchange exchange_;
};

}  // namespace storage
