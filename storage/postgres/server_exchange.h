// Statements to a PostgreSQL server and their results, on one connection that a wait can leave.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "storage/postgres/ledger_url.h"
#include "storage/postgres/parameters.h"

struct pg_conn;    // libpq's PGconn
struct pg_result;  // libpq's PGresult

namespace storage {

/// What Connection and Rows are made of: one statement at a time is sent, and its results are read
/// to their end. Blocks while the server works. One thread at a time.
class ServerExchange {
 public:
  /// See Connection::Stop.
  using Stop = std::function<bool()>;
  struct Clear {
    void operator()(pg_result* result) const;
  };
  using Result = std::unique_ptr<pg_result, Clear>;
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

  /// Not yet connected.
  ServerExchange(LedgerUrl url, Stop stop);
  /// Instead of the connection before. Throws ConnectionLost that names the server and the reason.
  void connect();
  [[nodiscard]] bool is_lost() const;
  [[nodiscard]] const LedgerUrl& url() const { return url_; }
  /// For what libpq knows of the server.
  [[nodiscard]] const pg_conn* connection() const { return connection_.get(); }

  /// Throws ConnectionLost, core::Stopped, like all methods below. Asserts that no rows are left to
  /// be streamed.
  void send(const std::string& sql, const Parameters& parameters, How how);
  void send_script(const std::string& sql);

  /// Null: the statement has ended.
  [[nodiscard]] Result next_result();
  /// For a script, the first failure; otherwise the last result. Throws ServerError too.
  [[nodiscard]] Result last_result();
  /// After streaming: reads to the end of the statement, of which `last` was the last result.
  /// Throws ServerError too.
  void end_streaming(const pg_result* last);
  /// Asks the server to end the statement, and drops the rest of its rows. If this fails, the next
  /// statement fails as well.
  void abandon() noexcept;

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };

  void flush();
  void wait(bool to_write);
  void require_success(const pg_result* result);
  [[noreturn]] void lose(const std::string& doing);

  LedgerUrl url_;
  Stop stop_;
  std::unique_ptr<pg_conn, Close> connection_;
  bool streaming_ = false;
};

}  // namespace storage
