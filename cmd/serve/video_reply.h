// Bytes of a recorded video for a browser's player.
#pragma once

#include <cstdint>
#include <string>

#include "cmd/serve/exchange.h"

namespace cmd {

struct RecordedVideo {
  std::string path;  ///< from the ledger, never from a request
  std::int64_t bytes = 0;
};

/// The file, or the part of it that a Range header asks for (RFC 9110, section 14): one range;
/// anything else that may be a Range header gets the whole file. 404 if the file is not as
/// recorded.
[[nodiscard]] PageReply video_reply(const RecordedVideo& video, const std::string& range);

}  // namespace cmd
