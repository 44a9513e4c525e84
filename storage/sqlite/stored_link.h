// Reads a video's link from its stored answer: links are stored nowhere else.
#pragma once

#include <cstdint>
#include <optional>

#include "core/domain/task.h"
#include "storage/sqlite/answer_reader.h"

namespace storage {

/// Where an answer is stored, and the task that was queried.
struct StoredAnswer {
  std::int64_t block = 0;
  std::int64_t slot = 0;
  int http_status = 0;
};

/// None if the answer has no link for that index, or is damaged: `db check` reports that, and the
/// gateway may send the link once more. Throws SQLite::Exception.
[[nodiscard]] std::optional<core::VideoLink> stored_link(AnswerReader& answers,
                                                         const StoredAnswer& answer,
                                                         const core::TaskId& id, int index);

}  // namespace storage
