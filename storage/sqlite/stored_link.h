// A video's link, read back out of the answer that brought it: links stand nowhere else.
#pragma once

#include <cstdint>
#include <optional>

#include "core/domain/task.h"
#include "storage/sqlite/answer_reader.h"

namespace storage {

/// Where an answer lies, and to what it was the answer.
struct StoredAnswer {
  std::int64_t block = 0;
  std::int64_t slot = 0;
  int http_status = 0;
};

/// None when the answer holds no link for that index, or is damaged: `db check` tells of that, and
/// the gateway may give the link once more. Throws SQLite::Exception.
[[nodiscard]] std::optional<core::VideoLink> stored_link(AnswerReader& answers,
                                                         const StoredAnswer& answer,
                                                         const core::TaskId& id, int index);

}  // namespace storage
