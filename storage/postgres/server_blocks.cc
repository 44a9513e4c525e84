#include "storage/postgres/server_blocks.h"

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

}  // namespace storage
