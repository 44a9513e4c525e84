// One connection to a PostgreSQL server: sends statements, receives rows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "storage/postgres/ledger_url.h"
#include "storage/postgres/parameters.h"
#include "storage/postgres/server_error.h"

struct pg_conn;    // libpq's PGconn
struct pg_result;  // libpq's PGresult

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
  /// The value of a text, or of any type with Format::text. Valid until the next step; null is
  /// empty.
  [[nodiscard]] std::string_view text(int column) const;
  /// The value of a bytea. Valid until the next step; null is empty.
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] std::optional<core::UtcTime> time(int column) const;

 private:
  friend class Connection;
  struct Clear {
    void operator()(pg_result* result) const;
  };
  using Result = std::unique_ptr<pg_result, Clear>;
  explicit Rows(Result all) : result_(std::move(all)) {}
  explicit Rows(Connection& streaming) : source_(&streaming) {}
  [[nodiscard]] std::string_view bytes(int column) const;

  Connection* source_ = nullptr;  // sends the remaining rows; null: all are in result_
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
  using Stop = std::function<bool()>;

  /// Connects. Throws ConnectionLost that names the server and the reason.
  explicit Connection(LedgerUrl url, Stop stop = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class Fetch {
    whole,      ///< all rows before the first step
    streaming,  ///< row by row, for many rows; no other statement while the Rows exist
  };
  enum class Format {
    binary,  ///< bigint, integer, smallint, boolean, text and bytea
    text,    ///< any type, as its text
  };
  struct How {
    Fetch fetch = Fetch::whole;
    Format format = Format::binary;
  };
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
  [[nodiscard]] bool is_lost() const;
  /// Throws ConnectionLost.
  void reconnect();

  /// For messages: the ledger's URL, which contains no secret.
  [[nodiscard]] const std::string& name() const { return url_.shown(); }
  [[nodiscard]] const LedgerUrl& url() const { return url_; }
  /// 150004 is 15.4.
  [[nodiscard]] int server_version() const;
  /// Of the process that answered at first: a pooler's is not the server's pg_backend_pid().
  [[nodiscard]] int process() const;

 private:
  friend class Rows;
  struct Close {
    void operator()(pg_conn* connection) const;
  };

  void send(const std::string& sql, const Parameters& parameters, How how);
  void flush();
  void wait(bool to_write);
  [[nodiscard]] Rows::Result next_result();  // null: the statement has ended
  [[nodiscard]] Rows::Result last_result();
  void require_success(const pg_result* result);
  void end_streaming();
  void abandon() noexcept;
  [[noreturn]] void lose(const std::string& doing);

  LedgerUrl url_;
  Stop stop_;
  std::unique_ptr<pg_conn, Close> connection_;
  bool streaming_ = false;
};

}  // namespace storage
