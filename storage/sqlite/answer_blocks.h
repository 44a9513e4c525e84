// Stores the bytes of answers: many in one block; repeated answers only once.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ledger/ledger.h"
#include "storage/answers/answer_packing.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// Belongs to the thread of its connection. Every method throws SQLite::Exception.
class AnswerBlocks {
 public:
  explicit AnswerBlocks(SQLite::Database& database);

  /// Writes the answers among the entries, and returns the place of each, in order. An answer that
  /// repeats its task's last one gets the place of that one.
  [[nodiscard]] std::vector<AnswerPlace> write(std::span<const core::Entry> entries);

  /// The number of the next block; after a rollback it must be set back.
  [[nodiscard]] std::int64_t next_block() const { return next_block_; }
  void number_from(std::int64_t block) { next_block_ = block; }

 private:
  [[nodiscard]] std::optional<AnswerPlace> same_as_last(core::TaskKey task,
                                                        const core::Sha256Digest& sha256);
  void write_block(std::int64_t number, const EncodedBlock& block);

  AnswerPacking packing_;
  std::int64_t dictionary_;
  std::int64_t next_block_;
  Statement last_answer_;
  Statement add_block_;
};

}  // namespace storage
