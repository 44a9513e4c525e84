// Why a video could not be downloaded.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace core {

/// A download that produced no file.
struct FetchFailure {
  enum class Kind {
    transport,     ///< cut, timed out, stalled: a retry may help
    denied,        ///< 403
    gone,          ///< 404, 410
    unauthorised,  ///< 401 from the gateway's own origin
    throttled,     ///< 429
    server_error,  ///< 5xx
    other_status,  ///< any other HTTP status
    not_a_video,   ///< a video container, but cut or damaged; or nothing at all
    error_page,    ///< complete, but text or an unknown kind: an error page with status 200
    unsupported,   ///< complete, but a file of another kind: a picture, a sound, another container
    wrong_length,  ///< bytes differ from what was promised
    wrong_checksum,  ///< CRC-64 or MD5 differ from what was promised
    too_large,       ///< over --max-video-size
    refused_url,     ///< scheme, redirect or address that is not allowed
    blocked,         ///< a link, a folder or another process occupies the file's path
    disk_full,       ///< no space, no inodes, quota
    disk,            ///< any other failure of the output folder
  };

  Kind kind = Kind::transport;
  int http_status = 0;  ///< 0: none
  std::string text;     ///< for people; no secrets
  std::optional<std::chrono::milliseconds> retry_after;
  std::optional<UtcTime> date;  ///< the server's clock; decides whether a link has expired
  /// True if the gateway itself refuses this video; false for trouble on the way to it or behind
  /// it.
  bool by_gateway = false;
};
/// One word for counting, e.g. "not_a_video".
[[nodiscard]] std::string_view name(FetchFailure::Kind kind);

}  // namespace core
