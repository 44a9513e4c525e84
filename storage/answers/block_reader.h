// Reads stored answers back, byte-exact, out of their blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/answers/answer_codec.h"

namespace storage {

/// Keeps the last block expanded, since neighbours are mostly read together. A back end says where
/// the rows come from. One thread.
class BlockReader {
 public:
  virtual ~BlockReader() = default;

  /// Throws AnswerDamaged, also when there is no such answer, and what the back end throws.
  [[nodiscard]] const std::string& read(std::int64_t block, std::int64_t slot);
  /// Of all answers in the block that was read last.
  [[nodiscard]] std::size_t block_bytes() const;

 protected:
  /// The columns of a row of `answer_block`.
  using TakeBlock = std::function<void(std::int64_t dictionary, std::string_view lengths,
                                       std::string_view content)>;
  /// False: there is no such row.
  [[nodiscard]] virtual bool find_block(std::int64_t block, const TakeBlock& take) = 0;
  [[nodiscard]] virtual std::optional<std::string> find_dictionary(std::int64_t dictionary) = 0;

 private:
  AnswerCodec& codec(std::int64_t dictionary);
  void read_block(std::int64_t block);

  std::map<std::int64_t, std::unique_ptr<AnswerCodec>> codecs_;
  std::int64_t block_ = -1;
  std::vector<std::string> answers_;
};

}  // namespace storage
