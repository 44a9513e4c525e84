// Reads a whole file in pieces.
#pragma once

#include <functional>
#include <string_view>

namespace core {

/// Calls `take` with each piece of an open file. Returns 0, or errno after some or no pieces.
[[nodiscard]] int read_whole(int file, const std::function<void(std::string_view piece)>& take);

}  // namespace core
