#include "core/video/video_check.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/tiny_video.h"

namespace {

using core::VideoCheck;
using core::VideoReport;

VideoReport check(const std::string& bytes, std::size_t piece = std::string::npos) {
  VideoCheck video({.crc64 = true, .md5 = true});
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size())) {
    video.update(std::string_view(bytes).substr(at, piece));
  }
  return video.finish();
}

TEST(VideoCheck, HashesAsPublished) {
  const VideoReport digits = check("123456789");
  EXPECT_EQ(digits.bytes, 9);
  EXPECT_EQ(digits.crc64, 11051210869376104954U);
  EXPECT_EQ(digits.md5_base64, "JfnnlDI7RTiF9RgfG2JNCw==");
  EXPECT_EQ(core::hex(digits.sha256),
            "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
  const VideoReport nothing = check("");
  EXPECT_EQ(nothing.bytes, 0);
  EXPECT_EQ(nothing.crc64, 0U);
  EXPECT_EQ(nothing.md5_base64, "1B2M2Y8AsgTpgAmY7PhCfg==");
}

TEST(VideoCheck, PiecesMakeNoDifference) {
  const std::string video = support::tiny_mp4(10000);
  const VideoReport whole = check(video);
  EXPECT_EQ(whole.container.extension, "mp4");
  for (const std::size_t piece : {1U, 7U, 4096U, 9999U}) {
    const VideoReport pieces = check(video, piece);
    EXPECT_EQ(pieces.bytes, 10000);
    EXPECT_EQ(pieces.sha256, whole.sha256);
    EXPECT_EQ(pieces.crc64, whole.crc64);
    EXPECT_EQ(pieces.md5_base64, whole.md5_base64);
    EXPECT_EQ(pieces.container.extension, "mp4");
  }
}

TEST(VideoCheck, ComputesOnlyRequestedHashes) {
  VideoCheck video({});
  video.update(support::tiny_webm(300));
  const VideoReport report = video.finish();
  EXPECT_EQ(report.crc64, 0U);
  EXPECT_EQ(report.md5_base64, "");
  EXPECT_EQ(report.container.extension, "webm");
}

}  // namespace
