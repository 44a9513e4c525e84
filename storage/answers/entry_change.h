// What an entry changes, beyond core/domain: decided once for all back ends.
#pragma once

#include <functional>
#include <string>

#include "core/domain/lifecycle.h"
#include "core/ledger/ledger.h"

namespace storage {

/// The facts that a task takes from an answer that is not final.
[[nodiscard]] const core::TaskFacts& facts_taken(const core::AnswerEntry& entry);

/// Whether a task is to be asked once more for its quota (core::settles_at).
struct QuotaChange {
  enum class Kind {
    none,
    waits,    ///< until `at`
    settled,  ///< if it waited until `at` or less
  };
  Kind kind = Kind::none;
  core::UtcTime at{};
};
[[nodiscard]] QuotaChange quota_change(const core::AnswerEntry& entry);

/// How a back end writes a single entry, within a transaction.
struct EntryWrites {
  std::function<core::TaskStanding(core::TaskKey)> standing;
  /// Returns whether it could be written; if not, nothing is changed.
  std::function<bool(const core::Entry&)> try_to_write;
  std::function<void(const core::Entry&)> write;
};
/// Writes what stands for an entry that cannot be recorded (core::Unrecorded): the raw answer,
/// which leaves its task as it stands, or the end of its task in this run; a video that is still
/// wanted. `why` is for people. Throws what `write` throws: then the ledger has failed.
void write_instead(const core::Entry& entry, const std::string& why, const EntryWrites& writes);

}  // namespace storage
