// An input of rows as a stream of bytes.
#pragma once

#include <string>

#include "core/clock.h"
#include "core/text/input_text.h"

namespace core {

/// How long to wait for an input that may not come, such as a pipe.
struct InputPatience {
  int stop = -1;  ///< a descriptor that ends the wait when it becomes readable; -1: none
  SteadyTime until = SteadyTime::max();
};

/// Opens a file, a pipe or a device for reading; `-` is standard input. Throws core::UsageError for
/// a folder, or if it cannot be opened. The result throws the same if a read fails or if the file
/// became shorter while it was read, and core::Stopped when the time of `patience` is over;
/// `patience` may change, and must outlive the result.
[[nodiscard]] ReadBytes open_input(const std::string& path,
                                   const InputPatience* patience = nullptr);

}  // namespace core
