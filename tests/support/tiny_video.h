// Small files that are complete videos, judged by their outermost boxes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace support {

/// A box: 32-bit size, type, content.
[[nodiscard]] std::string box(std::string_view type, std::string_view content);

/// An MP4 of exactly `bytes` bytes (at least 160): ftyp, moov with an mvhd, mdat filled from
/// `seed`.
[[nodiscard]] std::string tiny_mp4(std::size_t bytes, std::uint32_t seed = 1);

/// The same with QuickTime's brand.
[[nodiscard]] std::string tiny_mov(std::size_t bytes, std::uint32_t seed = 1);

/// An EBML element; the size takes eight bytes.
[[nodiscard]] std::string element(std::string_view id, std::string_view content);

/// A WebM of exactly `bytes` bytes (at least 160): EBML header, Segment with Info, Tracks and one
/// Cluster.
[[nodiscard]] std::string tiny_webm(std::size_t bytes, std::uint32_t seed = 1,
                                    std::string_view doc_type = "webm");

}  // namespace support
