#include "storage/answers/block_reader.h"

#include <numeric>

namespace storage {

AnswerCodec& BlockReader::codec(std::int64_t dictionary) {
  auto& codec = codecs_[dictionary];
  if (codec == nullptr) {
    const auto content = find_dictionary(dictionary);
    if (!content) {
      throw AnswerDamaged("the ledger lacks dictionary " + std::to_string(dictionary) +
                          "; restore a backup");
    }
    codec = std::make_unique<AnswerCodec>(*content);
  }
  return *codec;
}

const std::string& BlockReader::read(std::int64_t block, std::int64_t slot) {
  if (block != block_) {
    read_block(block);
  }
  if (slot < 0 || static_cast<std::size_t>(slot) >= answers_.size()) {
    throw AnswerDamaged("the block of answers " + std::to_string(block) + " has no slot " +
                        std::to_string(slot) + "; restore a backup");
  }
  return answers_[static_cast<std::size_t>(slot)];
}

void BlockReader::read_block(std::int64_t block) {
  const bool found = find_block(
      block, [this](std::int64_t dictionary, std::string_view lengths, std::string_view content) {
        answers_ = codec(dictionary).decode(lengths, content);
      });
  if (!found) {
    throw AnswerDamaged("the ledger lacks the block of answers " + std::to_string(block) +
                        "; restore a backup");
  }
  block_ = block;
}

std::size_t BlockReader::block_bytes() const {
  return std::accumulate(
      answers_.begin(), answers_.end(), std::size_t{0},
      [](std::size_t sum, const std::string& answer) { return sum + answer.size(); });
}

}  // namespace storage
