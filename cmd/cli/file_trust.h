// Whether only the owner and root can change the contents of a file.
#pragma once

#include <string>

namespace cmd {

/// Whether the file is neither ours nor root's, so that its owner can change it.
[[nodiscard]] bool is_anothers(const std::string& path);

/// The file or the folder on its path that group or others can write; empty if there is none. A
/// folder with the sticky bit is safe, because users cannot replace files of others in it. Only
/// regular files are checked.
[[nodiscard]] std::string writable_by_others(const std::string& path);

}  // namespace cmd
