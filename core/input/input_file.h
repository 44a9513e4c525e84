// An input of rows, as a stream of bytes.
#pragma once

#include <string>

#include "core/clock.h"
#include "core/text/input_text.h"

namespace core {

/// How long an input that does not come, as from a pipe, is waited for.
struct InputPatience {
  int stop = -1;  ///< a descriptor that ends the waiting when it becomes readable; -1: none
  SteadyTime until = SteadyTime::max();
};

/// Opens a file, a pipe or a device to read from; `-` is standard input. Throws core::UsageError
/// when it is a folder or cannot be opened; what it returns throws the same when reading fails, and
/// core::Stopped when the patience (which may change, and must outlive it) is over.
[[nodiscard]] ReadBytes open_input(const std::string& path,
                                   const InputPatience* patience = nullptr);

}  // namespace core
