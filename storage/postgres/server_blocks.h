// Raw answers on PostgreSQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/answers/block_reader.h"
#include "storage/postgres/connection.h"

namespace storage {

/// Within the caller's transaction. Belongs to the thread of its connection. Throws ServerError,
/// ConnectionLost.
class ServerBlocks final : public BlockReader {
 public:
  explicit ServerBlocks(Connection& connection) : connection_(connection) {}

 private:
  [[nodiscard]] bool find_block(std::int64_t block, const TakeBlock& take) override;
  [[nodiscard]] std::optional<std::string> find_dictionary(std::int64_t dictionary) override;

  Connection& connection_;
};

/// The row of the dictionary that this program writes with; makes it if need be. Under a lock that
/// keeps other writers away.
[[nodiscard]] std::int64_t dictionary_row(Connection& connection);

}  // namespace storage
