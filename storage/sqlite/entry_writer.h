// Entries of a run as transactions: all together, or, when one of them cannot be recorded, apart.
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
  /// `runs` and `answers` must outlive this.
  EntryWriter(SQLite::Database& database, const RunStore& runs, AnswerStore& answers)
      : database_(database), runs_(runs), answers_(answers) {}

  /// One transaction. Entries that cannot be recorded, through no fault of the ledger, are moved
  /// into what is returned. Throws SQLite::Exception, and then nothing is kept.
  [[nodiscard]] std::vector<core::Unrecorded> write(std::span<core::Entry> entries);

 private:
  [[nodiscard]] bool is_failure_of_one_entry();
  [[nodiscard]] bool write_together(std::span<core::Entry> entries);
  [[nodiscard]] std::vector<core::Unrecorded> write_apart(std::span<core::Entry> entries);
  [[nodiscard]] std::optional<std::string> write_alone(const core::Entry& entry);
  void write_instead(const core::Entry& entry, const std::string& why);
  [[nodiscard]] core::AnswerEntry without_facts(const core::AnswerEntry& entry);
  [[nodiscard]] core::Unrecorded named(core::Entry&& entry, const std::string& why);

  SQLite::Database& database_;
  const RunStore& runs_;
  AnswerStore& answers_;
};

}  // namespace storage
