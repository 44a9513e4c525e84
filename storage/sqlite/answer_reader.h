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

/// Keeps the last block expanded, because neighbouring answers are mostly read together. Belongs to
/// the thread of its connection.
class AnswerReader {
 public:
  explicit AnswerReader(SQLite::Database& database);

  /// Throws AnswerDamaged, also if there is no such answer.
  [[nodiscard]] const std::string& read(std::int64_t block, std::int64_t slot);
  /// The size of all answers in the last block.
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

/// The row of this program's dictionary; created if necessary.
[[nodiscard]] std::int64_t dictionary_row(SQLite::Database& database);

}  // namespace storage
