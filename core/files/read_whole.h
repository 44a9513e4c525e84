// Reads files, however little a call of the kernel delivers: it may be interrupted, and a network
// or user-space file system may return less than it was asked for before the end.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// Reads at `offset` until `into` has `bytes` bytes or the file ends. Returns how many it has, or
/// -1 and errno.
[[nodiscard]] ssize_t read_at(int file, void* into, std::size_t bytes, off_t offset);

/// Calls `take` with each piece of an open file. Returns 0, or errno after some or no pieces.
[[nodiscard]] int read_whole(int file, const std::function<void(std::string_view piece)>& take);

/// A small file as a text; none if it cannot be read, is no regular file, or is larger.
[[nodiscard]] std::optional<std::string> read_small_file(const std::string& path,
                                                         std::size_t bytes_max);

}  // namespace core
