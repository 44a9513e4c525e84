// Whether only its owner and root can change what a file says.
#pragma once

#include <string>

namespace cmd {

/// Whether the file is neither ours nor root's, so that its owner can change it.
[[nodiscard]] bool is_anothers(const std::string& path);

/// The file itself, or the folder on the way to it, that its group or everybody can write; empty:
/// none. In a folder with the sticky bit nobody can replace what is another's. What is no regular
/// file (a pipe) is nobody else's to write.
[[nodiscard]] std::string writable_by_others(const std::string& path);

}  // namespace cmd
