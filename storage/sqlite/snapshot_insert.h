// Adds the rows of snapshots, and the link of each commit's snapshots to the chain.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/files/sha256.h"
#include "core/ledger/ledger.h"
#include "storage/answers/answer_packing.h"
#include "storage/sqlite/outcomes.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// Belongs to the thread of its connection. Every method throws SQLite::Exception.
class SnapshotInsert {
 public:
  /// Throws core::Error if the chain is damaged.
  explicit SnapshotInsert(SQLite::Database& database);

  /// Adds the answers among the entries of run number `run`; `places`: where their bytes lie.
  void add(std::span<const core::Entry> entries, std::span<const AnswerPlace> places,
           std::int64_t run);
  /// Adds the link of all that was added since the last one, if anything was: before each commit.
  void write_link();

  /// The number of the next snapshot.
  [[nodiscard]] std::int64_t next() const { return next_; }

  struct Mark {
    std::int64_t next = 0;
    std::size_t chained = 0;  // bytes that wait for their link
    core::Sha256Digest link{};
  };
  [[nodiscard]] Mark mark() const { return {next_, lines_.size(), link_}; }
  /// To be called after a rollback.
  void go_back_to(const Mark& mark);

 private:
  static constexpr std::size_t kTogether = 8;  // snapshots of one statement
  static constexpr std::size_t kColumns = 10;

  void bind(Statement& statement, std::size_t row, const core::AnswerEntry& entry,
            const AnswerPlace& place);
  static std::string insertion(std::size_t rows);

  Outcomes outcomes_;
  std::int64_t next_;
  std::int64_t run_ = 0;
  std::string lines_;                          // of the chain, that wait for their link
  core::Sha256Digest link_;                    // the last one
  std::array<std::string, kTogether> values_;  // bound texts must exist until they are written
  Statement add_one_;
  Statement add_many_;
  Statement add_link_;
};

}  // namespace storage
