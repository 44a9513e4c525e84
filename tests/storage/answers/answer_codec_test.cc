#include "storage/answers/answer_codec.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/storage/entries.h"

namespace {

using storage::AnswerCodec;
using storage::EncodedBlock;

std::string noise(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(bytes, '\0');
  for (char& one : text) {
    one = static_cast<char>(random());
  }
  return text;
}

class AnswerCodecTest : public testing::Test {
 protected:
  std::vector<std::string> round_trip(const std::vector<std::string>& answers) {
    const EncodedBlock block = codec_.encode({answers.begin(), answers.end()});
    return codec_.decode(block.lengths, block.content);
  }

  AnswerCodec codec_{AnswerCodec::built_in_dictionary()};
};

TEST_F(AnswerCodecTest, AnswersAreReturnedByteForByte) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {"one", {entries::success("a")}},
      {"empty ones", {"", "x", "", ""}},
      {"only an empty one", {""}},
      {"all bytes", {std::string("\0\xff\r\n\x80", 5), noise(256, 1)}},
      {"lengths at the edges of LEB128",
       {std::string(127, 'a'), std::string(128, 'b'), std::string(16'383, 'c'),
        std::string(16'384, 'd')}},
      {"the largest that is taken", {noise(8 * 1024 * 1024, 2)}},
      {"after the largest", {"small"}},
      {"the last block with a dictionary",
       std::vector<std::string>(AnswerCodec::kAlike - 1, entries::success("a"))},
      {"the first block without one",
       std::vector<std::string>(AnswerCodec::kAlike, entries::success("a"))},
      {"a full block, which has no dictionary",
       std::vector<std::string>(AnswerCodec::kSlotsMax, entries::success("a"))},
      {"after a full block", {entries::success("a")}},
  };
  for (const auto& [name, answers] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(round_trip(answers), answers);
  }
}

TEST_F(AnswerCodecTest, AFullBlockOfTypicalAnswersTakesATenthOfTheirText) {
  std::vector<std::string> answers;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < AnswerCodec::kSlotsMax; ++i) {
    answers.push_back(entries::success("asyntask_" + std::to_string(i)));
    bytes += answers.back().size();
  }
  const EncodedBlock block = codec_.encode({answers.begin(), answers.end()});
  EXPECT_LT(block.content.size() + block.lengths.size(), bytes / 10);
  EXPECT_EQ(codec_.decode(block.lengths, block.content), answers);
}

TEST_F(AnswerCodecTest, DamageIsAnErrorAndNothingWorse) {
  const std::vector<std::string> answers{entries::success("a"), entries::running("b")};
  const EncodedBlock block = codec_.encode({answers.begin(), answers.end()});
  const std::string huge = "\xff\xff\xff\xff\x7f";
  const std::vector<std::pair<std::string, EncodedBlock>> cases{
      {"no content", {block.lengths, ""}},
      {"no lengths", {"", block.content}},
      {"cut content", {block.lengths, block.content.substr(0, block.content.size() / 2)}},
      {"cut lengths", {block.lengths.substr(0, 2), block.content}},
      {"foreign content", {block.lengths, "no zstd at all"}},
      {"lengths beyond all bounds", {huge, block.content}},
      {"an endless length", {std::string(20, '\x80'), block.content}},
  };
  for (const auto& [name, damaged] : cases) {
    SCOPED_TRACE(name);
    EXPECT_THROW(static_cast<void>(codec_.decode(damaged.lengths, damaged.content)), core::Error);
  }
}

// A changed byte causes an error, or texts of the expected sizes, and nothing worse.
TEST_F(AnswerCodecTest, FlippedBytesDoNoHarm) {
  const std::string answer = entries::success("a");
  const EncodedBlock block = codec_.encode({answer});
  for (std::size_t i = 0; i < block.content.size(); ++i) {
    EncodedBlock flipped = block;
    flipped.content[i] = static_cast<char>(flipped.content[i] ^ 0x55);
    try {
      const auto got = codec_.decode(flipped.lengths, flipped.content);
      ASSERT_EQ(got.size(), 1U);
      EXPECT_EQ(got[0].size(), answer.size());
    } catch (const core::Error&) {
    }
  }
}

TEST_F(AnswerCodecTest, AnotherDictionaryDoesNotReadIt) {
  const std::string answer = entries::success("a");
  const EncodedBlock block = codec_.encode({answer});
  AnswerCodec other("quite another text, of which nothing was made");
  try {
    EXPECT_NE(other.decode(block.lengths, block.content), std::vector<std::string>{answer});
  } catch (const core::Error&) {
  }
}

}  // namespace
