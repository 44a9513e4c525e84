// A whole file, from its beginning, in pieces.
#pragma once

#include <functional>
#include <string_view>

namespace core {

/// Calls `take` with each piece of an open file. 0, or errno: some pieces may have been taken then.
[[nodiscard]] int read_whole(int file, const std::function<void(std::string_view piece)>& take);

}  // namespace core
