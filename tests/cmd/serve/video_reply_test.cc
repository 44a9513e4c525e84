#include "cmd/serve/video_reply.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace {

constexpr std::int64_t kBytes = 1000;

class VideoReply : public testing::Test {
 protected:
  VideoReply() { std::ofstream(path_) << std::string(kBytes, 'x'); }
  // "206 begin+length", or the status alone.
  std::string reply(const std::string& range, std::int64_t recorded = kBytes) {
    const cmd::PageReply reply = cmd::video_reply({.path = path_, .bytes = recorded}, range);
    return std::to_string(reply.status) +
           (reply.part.file == nullptr
                ? ""
                : " " + std::to_string(reply.part.begin) + "+" + std::to_string(reply.part.length));
  }

  support::TempDir folder_;
  std::string path_ = folder_.path() + "/v.mp4";
};

TEST_F(VideoReply, SendsTheRangeThatIsAskedFor) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "200 0+1000"},
      {"bytes=0-", "206 0+1000"},
      {"bytes=0-0", "206 0+1"},
      {"Bytes=10-19", "206 10+10"},
      {"bytes=990-5000", "206 990+10"},
      {"bytes=999-", "206 999+1"},
      {"bytes=-1", "206 999+1"},
      {"bytes=-5000", "206 0+1000"},
      {"bytes=-0", "416"},
      {"bytes=1000-", "416"},
      {"bytes=1000-2000", "416"},
      {"bytes=9223372036854775807-", "416"},
      {"bytes=0-9223372036854775807", "206 0+1000"},
      {"bytes=-9223372036854775807", "206 0+1000"},
      // What is no single range is ignored (RFC 9110, section 14.2).
      {"bytes=9223372036854775808-", "200 0+1000"},
      {"bytes=5-4", "200 0+1000"},
      {"bytes=0-1,3-4", "200 0+1000"},
      {"bytes=", "200 0+1000"},
      {"bytes=-", "200 0+1000"},
      {"bytes=--1", "200 0+1000"},
      {"bytes=x-y", "200 0+1000"},
      {"bytes=1-2x", "200 0+1000"},
      {"lines=1-2", "200 0+1000"},
  };
  for (const auto& [range, expected] : cases) {
    EXPECT_EQ(reply(range), expected) << range;
  }
}

TEST_F(VideoReply, AFileThatIsNotAsRecordedIsNotSent) {
  EXPECT_EQ(reply("", kBytes + 1), "404");
  EXPECT_EQ(reply("bytes=0-1", 0), "404");
  path_ = folder_.path();
  EXPECT_EQ(reply(""), "404");
  path_ = "/dev/zero";
  EXPECT_EQ(reply(""), "404");
}

}  // namespace
