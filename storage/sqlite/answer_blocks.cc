#include "storage/sqlite/answer_blocks.h"

#include "storage/sqlite/answer_reader.h"

namespace storage {

AnswerBlocks::AnswerBlocks(SQLite::Database& database)
    : dictionary_(dictionary_row(database)),
      next_block_(1 +
                  database.execAndGet("SELECT ifnull(max(id), 0) FROM answer_block").getInt64()),
      last_answer_(database,
                   "SELECT s.raw_sha256, s.block, s.slot FROM task AS t JOIN snapshot AS s ON "
                   "s.id = t.last_snapshot WHERE t.id = ? AND s.block IS NOT NULL"),
      add_block_(database,
                 "INSERT INTO answer_block (id, dictionary, lengths, content) "
                 "VALUES (?, ?, ?, ?)") {}

std::vector<AnswerPlace> AnswerBlocks::write(std::span<const core::Entry> entries) {
  return packing_.pack(
      entries, next_block_,
      {.same_as_last = [this](
                           core::TaskKey task,
                           const core::Sha256Digest& sha256) { return same_as_last(task, sha256); },
       .write_block = [this](std::int64_t number,
                             const EncodedBlock& block) { write_block(number, block); }});
}

std::optional<AnswerPlace> AnswerBlocks::same_as_last(core::TaskKey task,
                                                      const core::Sha256Digest& sha256) {
  std::optional<AnswerPlace> place;
  const Statement::Rewind rewind(last_answer_);
  last_answer_.bind(1, task);
  if (last_answer_.step() && last_answer_.blob(0) == core::bytes_of(sha256)) {
    place = AnswerPlace{last_answer_.integer(1), last_answer_.integer(2), sha256};
  }
  return place;
}

void AnswerBlocks::write_block(std::int64_t number, const EncodedBlock& block) {
  add_block_.bind(1, number);
  add_block_.bind(2, dictionary_);
  add_block_.bind_blob(3, block.lengths);
  add_block_.bind_blob(4, block.content);
  add_block_.run();
}

}  // namespace storage
