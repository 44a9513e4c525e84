// What a server promised about a video's bytes, and the comparison with the received ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/domain/fetch_failure.h"
#include "core/files/sha256.h"
#include "core/video/video_check.h"

namespace core {

/// The server's promises about the whole object.
struct PromisedContent {
  std::optional<std::int64_t> length;
  std::optional<std::uint64_t> crc64;  ///< CRC-64/XZ, x-oss-hash-crc64ecma or x-tos-hash-crc64ecma
  std::string md5_base64;              ///< Content-MD5 of a 200; compared if it is an MD5
  friend bool operator==(const PromisedContent&, const PromisedContent&) = default;
};

/// Whether a Content-MD5 is an MD5 in base64: some servers send hex digits.
[[nodiscard]] bool is_md5_base64(std::string_view text);

/// A complete video with the promised bytes. It has no name yet: its content decides the name.
struct CheckedVideo {
  std::int64_t bytes = 0;
  Sha256Digest sha256{};
  std::string extension;  ///< "mp4", "mov", "webm" or "mkv"
  std::string checks;     ///< as in SavedFile
};

/// Which hashes VideoCheck has to compute for `check_content`.
[[nodiscard]] VideoCheck::Extras hashes_of(const PromisedContent& promised);

/// Compares the promises with a report made with `hashes_of`. Returns a FetchFailure for the first
/// difference, or if the bytes are not a complete video.
[[nodiscard]] std::variant<CheckedVideo, FetchFailure> check_content(
    const PromisedContent& promised, const VideoReport& report);

/// A failure if the length differs: then nothing else needs to be computed.
[[nodiscard]] std::optional<FetchFailure> check_length(const PromisedContent& promised,
                                                       std::int64_t bytes);

}  // namespace core
