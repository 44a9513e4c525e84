#include "storage/sqlite/answer_blocks.h"

#include <unordered_map>
#include <variant>

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
  std::vector<AnswerPlace> places;
  std::unordered_map<core::TaskKey, AnswerPlace> in_batch;
  std::vector<std::string_view> open;
  std::size_t open_bytes = 0;
  for (const core::Entry& entry : entries) {
    const auto* answer = std::get_if<core::AnswerEntry>(&entry);
    if (answer == nullptr) {
      continue;
    }
    hash_.update(answer->body);
    const core::Sha256Digest sha256 = hash_.finish();
    const auto earlier = in_batch.find(answer->task);
    const auto same = earlier == in_batch.end()          ? same_as_last(answer->task, sha256)
                      : earlier->second.sha256 == sha256 ? std::optional(earlier->second)
                                                         : std::nullopt;
    if (same) {
      places.push_back(*same);
      continue;
    }
    if (open.size() == AnswerCodec::kSlotsMax ||
        (!open.empty() && open_bytes + answer->body.size() > AnswerCodec::kBytesMax)) {
      write_block(open);
      open.clear();
      open_bytes = 0;
    }
    places.push_back({next_block_, static_cast<std::int64_t>(open.size()), sha256});
    in_batch[answer->task] = places.back();
    open.push_back(answer->body);
    open_bytes += answer->body.size();
  }
  if (!open.empty()) {
    write_block(open);
  }
  return places;
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

void AnswerBlocks::write_block(const std::vector<std::string_view>& answers) {
  const EncodedBlock block = codec_.encode(answers);
  add_block_.bind(1, next_block_++);
  add_block_.bind(2, dictionary_);
  add_block_.bind_blob(3, block.lengths);
  add_block_.bind_blob(4, block.content);
  add_block_.run();
}

}  // namespace storage
