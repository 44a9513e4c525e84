#include "storage/sqlite/answer_reader.h"

#include <string_view>

#include "storage/sqlite/statement.h"

namespace storage {

AnswerReader::AnswerReader(SQLite::Database& database)
    : database_(database),
      select_(database, "SELECT dictionary, lengths, content FROM answer_block WHERE id = ?") {}

bool AnswerReader::find_block(std::int64_t block, const TakeBlock& take) {
  // Else a damaged one would leave its reader in the past.
  const Statement::Rewind rewind(select_);
  select_.bind(1, block);
  if (!select_.step()) {
    return false;
  }
  take(select_.integer(0), select_.blob(1), select_.blob(2));
  return true;
}

std::optional<std::string> AnswerReader::find_dictionary(std::int64_t dictionary) {
  Statement select(database_, "SELECT content FROM dictionary WHERE id = ?");
  select.bind(1, dictionary);
  return select.step() ? std::optional<std::string>(select.blob(0)) : std::nullopt;
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
