// A small file that appears complete or not at all.
#pragma once

#include <sys/types.h>
#include <string>
#include <string_view>

namespace cmd {

/// Modes of the files that others read (metrics) and that they do not.
inline constexpr mode_t kReadableByAll = 0644;
inline constexpr mode_t kOwnerOnly = 0600;

/// Writes `text` to a hidden file beside `path`, syncs it, gives it `mode` whatever the umask is,
/// and renames it over `path`. Throws core::Error that names `path`; nothing is left behind then.
void write_atomically(const std::string& path, std::string_view text, mode_t mode);

}  // namespace cmd
