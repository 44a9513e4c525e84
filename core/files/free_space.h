// Free space on a volume.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace core {

/// Bytes that an ordinary user may still write on the volume of `path`; none if unknown.
[[nodiscard]] std::optional<std::int64_t> free_bytes(const std::string& path);

}  // namespace core
