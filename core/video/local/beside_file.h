// A small file beside a video, written beneath the output folder.
#pragma once

#include "core/video/local/output_folder.h"
#include "core/video/video_store.h"

namespace core {

/// Writes the file whole or not at all, through no symbolic link, and over nothing that
/// `may_replace` does not accept. Throws core::Error. Any thread.
void write_beside(const OutputFolder& folder, const BesideFile& file);

}  // namespace core
