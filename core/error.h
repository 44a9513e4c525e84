// Errors that end the program. The failure of a single task is a value, not an exception.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

namespace core {

/// The program cannot continue: exit 1. The text says what happened, to what, why, and what to do.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user asked for something impossible: exit 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The gateway refuses the key or the token: exit 12.
class Refused : public Error {
 public:
  using Error::Error;
};

/// A list of the gateway cannot be read.
class ListUnreadable : public Error {
 public:
  using Error::Error;
};

/// A wait was ended by a signal or a deadline.
class Stopped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What an errno value means, e.g. "No such file or directory". Any thread.
[[nodiscard]] inline std::string errno_text(int error) {
  return std::generic_category().message(error);
}

}  // namespace core
