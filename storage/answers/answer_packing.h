// Where the bytes of answers are put: many to a block, and what was said before not again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/files/sha256.h"
#include "core/ledger/ledger.h"
#include "storage/answers/answer_codec.h"

namespace storage {

/// Where an answer's bytes lie.
struct AnswerPlace {
  std::int64_t block = 0;
  std::int64_t slot = 0;
  core::Sha256Digest sha256{};
};

/// One thread at a time.
class AnswerPacking {
 public:
  /// What a back end does for it.
  struct Store {
    /// Where the task's last answer lies, if it is this one and was not pruned.
    std::function<std::optional<AnswerPlace>(core::TaskKey, const core::Sha256Digest&)>
        same_as_last;
    std::function<void(std::int64_t block, const EncodedBlock&)> write_block;
  };

  /// Packs the answers among the entries, and returns the place of each of them, in order. An
  /// answer that is its task's last one again takes the place of that. Blocks are numbered from
  /// `next_block` on, which moves.
  [[nodiscard]] std::vector<AnswerPlace> pack(std::span<const core::Entry> entries,
                                              std::int64_t& next_block, const Store& store);

 private:
  void write(std::vector<std::string_view>& answers, std::int64_t& next_block, const Store& store);

  AnswerCodec codec_{AnswerCodec::built_in_dictionary()};
  core::Sha256 hash_;
};

}  // namespace storage
