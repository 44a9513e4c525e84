// The ways in which the program itself fails or is stopped. A task's bad luck is a value, not an
// exception.
#pragma once

#include <stdexcept>

namespace core {

/// The program cannot go on: exit 1. The text says what happened, to what, why, and what to do.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The caller asked for something that cannot be done: exit 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What was waited for is not waited for any longer: a signal came, or the time is over.
class Stopped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace core
