#include "core/video/local/disk_failure.h"

#include <cerrno>

#include "core/error.h"

namespace core {

FetchFailure disk_failure(int error, const std::string& what, const std::string& path) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  const bool blocked = error == ELOOP || error == EISDIR || error == ENXIO || error == ENOTDIR;
  const std::string why =
      error == ELOOP ? "a symbolic link is there, and none is followed" : errno_text(error);
  return {.kind = full      ? FetchFailure::Kind::disk_full
                  : blocked ? FetchFailure::Kind::blocked
                            : FetchFailure::Kind::disk,
          .text = "cannot " + what + " " + path + ": " + why};
}

std::optional<FetchFailure> folder_lost(const OutputFolder& folder) {
  if (folder.in_place()) {
    return std::nullopt;
  }
  return FetchFailure{.kind = FetchFailure::Kind::disk,
                      .text = "the output folder " + folder.path() +
                              " was unmounted, moved or removed during the run"};
}

}  // namespace core
