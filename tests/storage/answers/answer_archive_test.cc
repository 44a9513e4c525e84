#include "storage/answers/answer_archive.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <string>

namespace {

std::string archived(int count, std::string_view answer) {
  std::string bytes;
  storage::AnswerArchive archive([&bytes](std::string_view piece) { bytes += piece; });
  for (int i = 0; i < count; ++i) {
    archive.add({.line_id = "7-" + std::to_string(i), .task_id = "a\"b", .bytes = answer});
  }
  archive.finish();
  return bytes;
}

std::string expanded(const std::string& bytes) {
  std::string text(std::size_t{1} << 24U, '\0');
  text.resize(ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size()));
  return text;
}

TEST(AnswerArchive, HasALineForEachAnswer) {
  EXPECT_EQ(expanded(archived(2, "{\"ü\":\n1}")),
            "{\"line\":\"7-0\",\"task\":\"a\\\"b\",\"answer\":\"{\\\"ü\\\":\\n1}\"}\n"
            "{\"line\":\"7-1\",\"task\":\"a\\\"b\",\"answer\":\"{\\\"ü\\\":\\n1}\"}\n");
  EXPECT_EQ(expanded(archived(1, "")), "{\"line\":\"7-0\",\"task\":\"a\\\"b\",\"answer\":\"\"}\n");
  EXPECT_EQ(expanded(archived(0, "")), "");
}

TEST(AnswerArchive, HasBytesThatAreNoText) {
  for (const std::string_view bytes : {"\xff", "a\xc3", "\xed\xa0\x80"}) {
    const std::string text = expanded(archived(1, bytes));
    EXPECT_NE(text.find("\"base64\":\""), std::string::npos) << text;
    EXPECT_EQ(text.find("\"answer\""), std::string::npos) << text;
  }
  EXPECT_EQ(expanded(archived(1, "\xff")),
            "{\"line\":\"7-0\",\"task\":\"a\\\"b\",\"base64\":\"/w==\"}\n");
}

TEST(AnswerArchive, WritesWhileItGrows) {
  std::size_t pieces = 0;
  storage::AnswerArchive archive(
      [&pieces](std::string_view piece) { pieces += piece.empty() ? 0 : 1; });
  std::string answer;
  for (int i = 0; i < 4000; ++i) {
    answer = std::to_string(i * 7919) + std::string(1000, static_cast<char>('a' + i % 26));
    archive.add({.line_id = "1-x", .task_id = "t", .bytes = answer});
  }
  EXPECT_GT(pieces, 0U) << "the lines are not kept in memory until the end";
  archive.finish();
  EXPECT_EQ(archived(3000, "same"), archived(3000, "same"));
}

}  // namespace
