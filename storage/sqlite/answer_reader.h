// Reads stored answers back, byte-exact.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>

#include "storage/answers/block_reader.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// Belongs to the thread of its connection. Throws SQLite::Exception.
class AnswerReader final : public BlockReader {
 public:
  explicit AnswerReader(SQLite::Database& database);

 private:
  [[nodiscard]] bool find_block(std::int64_t block, const TakeBlock& take) override;
  [[nodiscard]] std::optional<std::string> find_dictionary(std::int64_t dictionary) override;

  SQLite::Database& database_;
  Statement select_;
};

/// The row of the dictionary that this program writes with; makes it if need be.
[[nodiscard]] std::int64_t dictionary_row(SQLite::Database& database);

}  // namespace storage
