// Reads a finished file once: computes its hashes, and checks whether it is a complete video.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/files/sha256.h"
#include "core/video/video_container.h"

namespace core {

/// The result of the check.
struct VideoReport {
  std::int64_t bytes = 0;
  Sha256Digest sha256{};
  std::uint64_t crc64 = 0;  ///< CRC-64/XZ (gateway.md, "Integrity headers"); 0 unless requested
  std::string md5_base64;   ///< as in Content-MD5; empty unless requested, or without MD5
  ContainerReport container;
};

/// Receives a file's bytes in pieces. One thread at a time; one file for each object.
class VideoCheck {
 public:
  /// Hashes that are computed only on request; SHA-256 and the container are always checked.
  struct Extras {
    bool crc64 = false;
    bool md5 = false;
  };

  /// Throws core::Error if OpenSSL offers no SHA-256.
  explicit VideoCheck(Extras extras);
  ~VideoCheck();
  VideoCheck(const VideoCheck&) = delete;
  VideoCheck& operator=(const VideoCheck&) = delete;

  void update(std::string_view bytes);
  /// To be called once, after the last piece.
  [[nodiscard]] VideoReport finish();

 private:
  class Md5;

  Extras extras_;
  Sha256 sha256_;
  std::unique_ptr<Md5> md5_;
  ContainerCheck container_;
  VideoReport report_;
};

}  // namespace core
