// Reads a whole file in pieces.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// Calls `take` with each piece of an open file. Returns 0, or errno after some or no pieces.
[[nodiscard]] int read_whole(int file, const std::function<void(std::string_view piece)>& take);

/// A small file as a text; none if it cannot be read, is no regular file, or is larger.
[[nodiscard]] std::optional<std::string> read_small_file(const std::string& path,
                                                         std::size_t bytes_max);

}  // namespace core
