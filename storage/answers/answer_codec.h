// Raw answers, byte-exact, many in one compressed block.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace storage {

/// A stored answer, or its whole block, is unreadable.
class AnswerDamaged : public core::Error {
 public:
  using core::Error::Error;
};

/// The content of one row of `answer_block`.
struct EncodedBlock {
  std::string lengths;  ///< the size of each slot, LEB128; 0: pruned (or an empty answer)
  std::string content;  ///< zstd of the concatenation
};

/// Compresses and expands blocks with one dictionary. One thread at a time.
class AnswerCodec {
 public:
  /// The maximum number of answers in a block, and the bytes after which it is closed (a single
  /// answer may be larger).
  static constexpr std::size_t kSlotsMax = 64;
  static constexpr std::size_t kBytesMax = std::size_t{256} * 1024;
  /// So many answers of a block are like each other, and take no dictionary.
  static constexpr std::size_t kAlike = 16;

  /// `dictionary` is raw content: text similar to the answers. Throws core::Error if zstd fails.
  explicit AnswerCodec(std::string_view dictionary);
  ~AnswerCodec();
  AnswerCodec(const AnswerCodec&) = delete;
  AnswerCodec& operator=(const AnswerCodec&) = delete;

  [[nodiscard]] EncodedBlock encode(const std::vector<std::string_view>& answers);
  /// Throws AnswerDamaged.
  [[nodiscard]] std::vector<std::string> decode(std::string_view lengths, std::string_view content);

  /// The dictionary of new ledgers: typical answers of the gateway (gateway.md, section 5).
  [[nodiscard]] static std::string_view built_in_dictionary();

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace storage
