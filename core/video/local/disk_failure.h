// What a failed system call means for a download.
#pragma once

#include <optional>
#include <string>

#include "core/domain/fetch_failure.h"
#include "core/video/local/output_folder.h"

namespace core {

/// "cannot WHAT PATH: why", by errno: disk_full, blocked when something else is in the way, or
/// disk.
[[nodiscard]] FetchFailure disk_failure(int error, const std::string& what,
                                        const std::string& path);

/// A failure unless the output folder's path still leads to it.
[[nodiscard]] std::optional<FetchFailure> folder_lost(const OutputFolder& folder);

}  // namespace core
