// What a server promises about a video's bytes, and whether they keep it.
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

/// What the server promised about the whole object.
struct PromisedContent {
  std::optional<std::int64_t> length;
  std::optional<std::uint64_t> crc64;  ///< CRC-64/XZ, x-oss-hash-crc64ecma or x-tos-hash-crc64ecma
  std::string md5_base64;              ///< Content-MD5 of a 200; empty or no MD5: not compared
  friend bool operator==(const PromisedContent&, const PromisedContent&) = default;
};

/// Whether a Content-MD5 is an MD5 in base64 at all: some servers send hex digits.
[[nodiscard]] bool is_md5_base64(std::string_view text);

/// A whole video whose bytes are as promised. It has no name yet: the content decides that.
struct CheckedVideo {
  std::int64_t bytes = 0;
  Sha256Digest sha256{};
  std::string extension;  ///< "mp4", "mov", "webm" or "mkv"
  std::string checks;     ///< as in SavedFile
};

/// Which hashes VideoCheck has to compute for `check_content`.
[[nodiscard]] VideoCheck::Extras hashes_of(const PromisedContent& promised);

/// Compares what was promised with a report made with `hashes_of`. A FetchFailure says the first
/// difference, or why the bytes are no whole video.
[[nodiscard]] std::variant<CheckedVideo, FetchFailure> check_content(
    const PromisedContent& promised, const VideoReport& report);

/// The failure if the length differs: then nothing else need be computed.
[[nodiscard]] std::optional<FetchFailure> check_length(const PromisedContent& promised,
                                                       std::int64_t bytes);

}  // namespace core
