// One pass over a finished file: its hashes, and whether it is a whole video.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/files/sha256.h"
#include "core/video/video_container.h"

namespace core {

/// What a whole file turned out to be.
struct VideoReport {
  std::int64_t bytes = 0;
  Sha256Digest sha256{};
  std::uint64_t crc64 = 0;  ///< CRC-64/XZ (gateway.md, "Integrity headers"); 0 unless asked for
  std::string md5_base64;  ///< as in Content-MD5; empty unless asked for, or where MD5 is forbidden
  ContainerReport container;
};

/// Fed with a file's bytes in pieces. One thread at a time; one file for each object.
class VideoCheck {
 public:
  /// SHA-256 and the container are always looked at, these only when somebody compares them.
  struct Extras {
    bool crc64 = false;
    bool md5 = false;
  };

  /// Throws core::Error when OpenSSL offers no SHA-256.
  explicit VideoCheck(Extras extras);
  ~VideoCheck();
  VideoCheck(const VideoCheck&) = delete;
  VideoCheck& operator=(const VideoCheck&) = delete;

  void update(std::string_view bytes);
  /// After the last piece, once.
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
