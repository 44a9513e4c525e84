#include "storage/sqlite/answer_reader.h"

#include <numeric>
#include <string_view>

#include "storage/sqlite/statement.h"

namespace storage {

AnswerReader::AnswerReader(SQLite::Database& database)
    : database_(database),
      select_(database, "SELECT dictionary, lengths, content FROM answer_block WHERE id = ?") {}

AnswerCodec& AnswerReader::codec(std::int64_t dictionary) {
  auto& codec = codecs_[dictionary];
  if (codec == nullptr) {
    Statement select(database_, "SELECT content FROM dictionary WHERE id = ?");
    select.bind(1, dictionary);
    if (!select.step()) {
      throw AnswerDamaged("the ledger lacks dictionary " + std::to_string(dictionary) +
                          "; restore a backup");
    }
    codec = std::make_unique<AnswerCodec>(select.blob(0));
  }
  return *codec;
}

const std::string& AnswerReader::read(std::int64_t block, std::int64_t slot) {
  if (block != block_) {
    read_block(block);
  }
  if (slot < 0 || static_cast<std::size_t>(slot) >= answers_.size()) {
    throw AnswerDamaged("the block of answers " + std::to_string(block) + " has no slot " +
                        std::to_string(slot) + "; restore a backup");
  }
  return answers_[static_cast<std::size_t>(slot)];
}

void AnswerReader::read_block(std::int64_t block) {
  // Without the rewind, a damaged block would keep the connection's read transaction open.
  const Statement::Rewind rewind(select_);
  select_.bind(1, block);
  if (!select_.step()) {
    throw AnswerDamaged("the ledger lacks the block of answers " + std::to_string(block) +
                        "; restore a backup");
  }
  answers_ = codec(select_.integer(0)).decode(select_.blob(1), select_.blob(2));
  block_ = block;
}

std::size_t AnswerReader::block_bytes() const {
  return std::accumulate(
      answers_.begin(), answers_.end(), std::size_t{0},
      [](std::size_t sum, const std::string& answer) { return sum + answer.size(); });
}

std::int64_t dictionary_row(SQLite::Database& database) {
  const std::string_view text = AnswerCodec::built_in_dictionary();
  Statement find(database, "SELECT id FROM dictionary WHERE content = ?");
  find.bind_blob(1, text);
  if (find.step()) {
    return find.integer(0);
  }
  Statement add(database, "INSERT INTO dictionary (content) VALUES (?)");
  add.bind_blob(1, text);
  add.run();
  return database.getLastInsertRowid();
}

}  // namespace storage
