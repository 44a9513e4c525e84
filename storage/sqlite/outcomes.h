// Values that many answers have in common, stored once.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/ledger/ledger.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// Belongs to the thread of its connection. Every method throws SQLite::Exception.
class Outcomes {
 public:
  explicit Outcomes(SQLite::Database& database) : database_(database) {}

  /// The row of `outcome` for an answer; created if necessary.
  [[nodiscard]] std::int64_t row_of(const core::AnswerEntry& entry);
  /// To be called after a rollback: its rows must not be used again.
  void forget() { known_.clear(); }

 private:
  // A hostile gateway may send ever new words: the cache is emptied when it is full.
  static constexpr std::size_t kKnownMax = 4096;

  SQLite::Database& database_;
  std::unordered_map<std::string, std::int64_t> known_;
  Statement find_{database_,
                  "SELECT id FROM outcome WHERE http_status = ? AND verdict = ? AND "
                  "code = ? AND status = ? AND progress = ? AND usage_names = ?"};
  Statement add_{database_,
                 "INSERT INTO outcome (http_status, verdict, code, status, progress, "
                 "usage_names) VALUES (?, ?, ?, ?, ?, ?)"};
};

}  // namespace storage
