// What an entry changes, beyond core/domain: decided once for all back ends.
#pragma once

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

/// See core::Unrecorded: the raw answer, which leaves its task as it stands.
[[nodiscard]] core::AnswerEntry raw_answer(const core::AnswerEntry& entry,
                                           const core::TaskStanding& standing);
/// See core::Unrecorded: the video that is still wanted. `why` is for people.
[[nodiscard]] core::VideoEntry still_wanted(const core::VideoEntry& entry, const std::string& why);

}  // namespace storage
