// Values that many answers have in common, stored once.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

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
  void forget();

 private:
  // A hostile gateway may send ever new words: the cache is emptied when it is full.
  static constexpr std::size_t kKnownMax = 4096;

  // One of the last rows. Runs mostly meet the same few: they are compared member by member, and
  // nothing is built of the answer to look it up.
  struct Recent {
    std::int64_t id = 0;  // 0: none
    int http_status = 0;
    core::Verdict verdict{};
    std::string code;
    std::string status;
    std::string progress;
    std::vector<std::string> usage_names;
  };
  static constexpr std::size_t kRecent = 4;

  [[nodiscard]] static bool is_of(const Recent& recent, const core::AnswerEntry& entry);
  void keep(std::int64_t id, const core::AnswerEntry& entry);
  [[nodiscard]] std::int64_t find_or_add(const core::AnswerEntry& entry);

  SQLite::Database& database_;
  std::array<Recent, kRecent> recent_;
  std::size_t oldest_ = 0;  // of recent_
  std::unordered_map<std::string, std::int64_t> known_;
  Statement find_{database_,
                  "SELECT id FROM outcome WHERE http_status = ? AND verdict = ? AND "
                  "code = ? AND status = ? AND progress = ? AND usage_names = ?"};
  Statement add_{database_,
                 "INSERT INTO outcome (http_status, verdict, code, status, progress, "
                 "usage_names) VALUES (?, ?, ?, ?, ?, ?)"};
};

}  // namespace storage
