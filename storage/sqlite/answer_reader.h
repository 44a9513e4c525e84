// Reads stored answers back, byte-exact.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/answers/answer_codec.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// Keeps the last block expanded, since neighbours are mostly read together. Belongs to the thread
/// of its connection.
class AnswerReader {
 public:
  explicit AnswerReader(SQLite::Database& database);

  /// Throws AnswerDamaged, also when there is no such answer.
  [[nodiscard]] const std::string& read(std::int64_t block, std::int64_t slot);
  /// Of all answers in the block that was read last.
  [[nodiscard]] std::size_t block_bytes() const;

 private:
  AnswerCodec& codec(std::int64_t dictionary);
  void read_block(std::int64_t block);

  SQLite::Database& database_;
  Statement select_;
  std::map<std::int64_t, std::unique_ptr<AnswerCodec>> codecs_;
  std::int64_t block_ = -1;
  std::vector<std::string> answers_;
};

/// The row of the dictionary that this program writes with; makes it if need be.
[[nodiscard]] std::int64_t dictionary_row(SQLite::Database& database);

}  // namespace storage
