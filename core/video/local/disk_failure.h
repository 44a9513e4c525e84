// The meaning of a failed system call for a download.
#pragma once

#include <optional>
#include <string>

#include "core/domain/fetch_failure.h"
#include "core/video/local/output_folder.h"

namespace core {

/// "cannot WHAT PATH: why". The kind follows from errno: disk_full, blocked if something else
/// occupies the path, or disk.
[[nodiscard]] FetchFailure disk_failure(int error, const std::string& what,
                                        const std::string& path);

/// A failure unless the output folder's path still leads to the open folder.
[[nodiscard]] std::optional<FetchFailure> folder_lost(const OutputFolder& folder);

}  // namespace core
