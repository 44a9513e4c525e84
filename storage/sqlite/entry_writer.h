// Writes the entries of a run: all in one transaction, or separately if one cannot be recorded.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/ledger/ledger.h"
#include "storage/sqlite/answer_store.h"
#include "storage/sqlite/run_store.h"

namespace storage {

/// Belongs to the thread of its connection.
class EntryWriter {
 public:
  /// `runs` and `answers` must outlive this object.
  EntryWriter(SQLite::Database& database, const RunStore& runs, AnswerStore& answers)
      : database_(database), runs_(runs), answers_(answers) {}

  /// Writes one transaction. Returns the entries that could not be recorded although the ledger
  /// works. Throws SQLite::Exception, and then nothing is stored.
  [[nodiscard]] std::vector<core::Unrecorded> write(std::span<core::Entry> entries);

 private:
  [[nodiscard]] bool is_failure_of_one_entry();
  [[nodiscard]] bool write_together(std::span<core::Entry> entries);
  [[nodiscard]] std::vector<core::Unrecorded> write_apart(std::span<core::Entry> entries);
  [[nodiscard]] std::optional<std::string> write_alone(const core::Entry& entry);
  [[nodiscard]] core::TaskStanding standing(core::TaskKey key);
  [[nodiscard]] core::Unrecorded named(core::Entry&& entry, const std::string& why);

  SQLite::Database& database_;
  const RunStore& runs_;
  AnswerStore& answers_;
};

}  // namespace storage
