// Writes a small file beside a video, beneath the output folder.
#pragma once

#include "core/video/local/output_folder.h"
#include "core/video/video_store.h"

namespace core {

/// Writes the file completely or not at all, not through a symbolic link, and replaces only a file
/// that `may_replace` accepts. Throws core::Error. Any thread.
void write_beside(const OutputFolder& folder, const BesideFile& file);

}  // namespace core
