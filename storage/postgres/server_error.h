// Ways in which a PostgreSQL server fails a statement.
#pragma once

#include <string>

#include "core/error.h"

namespace storage {

/// The server refused a statement. The text says what, of which ledger, why and what to do; it
/// holds no value of a row.
class ServerError : public core::Error {
 public:
  ServerError(const std::string& text, std::string state, std::string reason)
      : core::Error(text), state_(std::move(state)), reason_(std::move(reason)) {}

  /// SQLSTATE, five characters (PostgreSQL's manual, appendix A).
  [[nodiscard]] const std::string& state() const { return state_; }
  /// The server's own words.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  std::string state_;
  std::string reason_;
};

/// The server cannot be reached, or the connection broke: whether a COMMIT that was under way was
/// done is not known.
class ConnectionLost : public core::Error {
 public:
  using core::Error::Error;
};

/// Whether the same transaction may succeed when it is tried again: a conflict with another one.
[[nodiscard]] bool is_conflict(const ServerError& error);

/// Whether a value of the statement is at fault, and not the server or another writer.
[[nodiscard]] bool is_trouble_of_a_value(const ServerError& error);

/// What to do about a refusal, to follow a semicolon; empty: nothing is known.
[[nodiscard]] std::string advice_for(const std::string& state);

}  // namespace storage
