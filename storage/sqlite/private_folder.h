// A folder that only its owner can access.
#pragma once

#include <filesystem>

namespace storage {

/// Creates `folder` and its missing parents, each with mode 0700 from the start, whatever the umask
/// is. Existing folders are not changed. Throws core::Error.
void make_private_folder(const std::filesystem::path& folder);

}  // namespace storage
