#include "storage/answers/snapshot_chain.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace {

using storage::append_chain_line;
using storage::chain_link;

std::string line_of(std::int64_t observed_at, std::string_view usage) {
  core::Sha256 hash;
  hash.update("body");
  const core::Sha256Digest body = hash.finish();
  std::string line;
  append_chain_line(line, {.snapshot = 7,
                           .task = 3,
                           .run = 2,
                           .observed_at = observed_at,
                           .http_status = 200,
                           .verdict = 1,
                           .raw_bytes = 4,
                           .raw_sha256 = core::bytes_of(body),
                           .usage_values = usage});
  return line;
}

TEST(SnapshotChain, ALineIsWhatSqlite3Prints) {
  EXPECT_EQ(line_of(1790812800000, R"(["8"])"),
            "7|3|2|1790812800000|200|1|4|"
            "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5|[\"8\"]\n");
  EXPECT_EQ(line_of(-1, ""),
            "7|3|2|-1|200|1|4|"
            "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5|\n");
  const std::string longest = line_of(INT64_MIN, "");
  EXPECT_NE(longest.find("|-9223372036854775808|"), std::string::npos);
}

// printf '%064d\n7|…|["8"]\n' 0 | sha256sum
TEST(SnapshotChain, ALinkIsTheHashOfTheLinkBeforeAndTheLines) {
  const core::Sha256Digest first = chain_link({}, line_of(1790812800000, R"(["8"])"));
  EXPECT_EQ(core::hex(first), "fa626e26090eda732a2c58653d2dc3e03d0017c12d5803544144d5044d366c6b");
  EXPECT_EQ(core::hex(chain_link(first, "")),
            "d149a563d787bc2ca82cf4309a7b88092e669f414e66f9d820722a5d65b19e85");
}

TEST(SnapshotChain, AStoredLinkHas32Bytes) {
  const core::Sha256Digest link = chain_link({}, "");
  EXPECT_EQ(storage::stored_link_digest(core::bytes_of(link)), link);
  EXPECT_THROW(static_cast<void>(storage::stored_link_digest("short")), core::Error);
}

}  // namespace
