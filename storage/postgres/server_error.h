// Errors of a statement on a PostgreSQL server.
#pragma once

#include <string>

#include "core/error.h"

namespace storage {

/// The server refused a statement. The text says what, of which ledger, why and what to do; it
/// contains no value of a row.
class ServerError : public core::Error {
 public:
  ServerError(const std::string& text, std::string state, std::string reason)
      : core::Error(text), state_(std::move(state)), reason_(std::move(reason)) {}

  /// SQLSTATE, five characters (PostgreSQL's manual, appendix A).
  [[nodiscard]] const std::string& state() const { return state_; }
  /// The server's own message.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  std::string state_;
  std::string reason_;
};

/// The server cannot be reached, or the connection broke: it is unknown whether a COMMIT in
/// progress took effect.
class ConnectionLost : public core::Error {
 public:
  using core::Error::Error;
};

/// Whether the same transaction may succeed on a retry: it conflicted with another one.
[[nodiscard]] bool is_conflict(const ServerError& error);

/// Whether a value of the statement is the cause, not the server or another writer.
[[nodiscard]] bool is_trouble_of_a_value(const ServerError& error);

/// The remedy for a refusal, to follow a semicolon; empty if none is known.
[[nodiscard]] std::string advice_for(const std::string& state);

/// What to do about a connection that failed, by libpq's words, to follow a semicolon. The server
/// may speak another language: then a general advice.
[[nodiscard]] std::string advice_for_connecting(const std::string& why);

}  // namespace storage
