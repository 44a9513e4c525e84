#include "storage/postgres/server_blocks.h"

#include <string_view>

namespace storage {

bool ServerBlocks::find_block(std::int64_t block, const TakeBlock& take) {
  Rows row =
      connection_.query("SELECT dictionary, lengths, content FROM answer_block WHERE id = $1",
                        Parameters().add(block));
  const bool found = row.step();
  if (found) {
    take(row.integer(0), row.blob(1), row.blob(2));
  }
  return found;
}

std::optional<std::string> ServerBlocks::find_dictionary(std::int64_t dictionary) {
  Rows row = connection_.query("SELECT content FROM dictionary WHERE id = $1",
                               Parameters().add(dictionary));
  return row.step() ? std::optional<std::string>(row.blob(0)) : std::nullopt;
}

std::int64_t dictionary_row(Connection& connection) {
  const std::string_view text = AnswerCodec::built_in_dictionary();
  Rows found = connection.query("SELECT id FROM dictionary WHERE content = $1",
                                Parameters().add_bytes(text));
  if (found.step()) {
    return found.integer(0);
  }
  Rows added = connection.query(
      "INSERT INTO dictionary (id, content) SELECT coalesce(max(id), 0) + 1, $1 FROM dictionary "
      "RETURNING id",
      Parameters().add_bytes(text));
  return added.next_integer();
}

}  // namespace storage
