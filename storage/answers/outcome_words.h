// What many answers have in common, stored once: the words of a row of `outcome`.
#pragma once

#include <cstdint>
#include <string>

#include "core/ledger/ledger.h"

namespace storage {

struct OutcomeWords {
  std::int64_t http_status = 0;
  std::int64_t verdict = 0;
  std::string code;
  std::string status;
  std::string progress;
  std::string usage_names;  ///< a JSON array

  /// No two have the same one, whatever bytes they hold.
  [[nodiscard]] std::string key() const;
};

[[nodiscard]] OutcomeWords outcome_words(const core::AnswerEntry& entry);

}  // namespace storage
