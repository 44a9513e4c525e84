// A folder that nobody else can look into.
#pragma once

#include <filesystem>

namespace storage {

/// Makes `folder` and what lacks above it, each 0700 from the start, whatever the umask. Folders
/// that exist stay as they are. Throws core::Error.
void make_private_folder(const std::filesystem::path& folder);

}  // namespace storage
