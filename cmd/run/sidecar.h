// The JSON file beside a video (--sidecar).
#pragma once

#include <cstddef>
#include <string>

#include "cmd/os/log.h"
#include "core/clock.h"
#include "core/domain/task.h"
#include "core/video/video_store.h"

namespace cmd {

/// Appended to the name of a video.
inline constexpr const char* kSidecarSuffix = ".json";

/// A video that is on disk and recorded.
struct RecordedVideo {
  std::string task_id;
  std::string account;
  std::string model;
  std::string status;
  core::UtcTime finish_time{};
  core::Labels labels;
  int index = 1;
  core::SavedFile file;
};

/// Writes NAME.EXT.json beside the video: completely or not at all, not through a link, and
/// replaces only an earlier sidecar of the same task. Throws core::Error. Any thread.
void write_sidecar(core::VideoStore& videos, const RecordedVideo& video);

/// Writes the missing sidecars of recorded videos in the store, from runs that died before they
/// wrote them or ran without --sidecar. Returns how many failed; the log says which.
[[nodiscard]] std::size_t write_missing_sidecars(const std::string& ledger,
                                                 core::VideoStore& videos, Log& log);

}  // namespace cmd
