// Folders as the next run would find them.
#pragma once

#include <filesystem>

namespace cmd {

/// The path, or the deepest existing folder on it.
[[nodiscard]] std::filesystem::path existing_part(std::filesystem::path path);

[[nodiscard]] bool may_write_in(const std::filesystem::path& folder);

}  // namespace cmd
