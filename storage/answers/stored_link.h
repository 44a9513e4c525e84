// Reads a video's link from its stored answer: links are stored nowhere else.
#pragma once

#include <cstdint>
#include <optional>

#include "core/domain/task.h"
#include "storage/answers/block_reader.h"

namespace storage {

/// Where an answer is stored, and the task that was queried.
struct StoredAnswer {
  std::int64_t block = 0;
  std::int64_t slot = 0;
  int http_status = 0;
};

/// None when the answer holds no link for that index, or is damaged: `db check` tells of that, and
/// the gateway may give the link once more. Throws what the back end throws.
[[nodiscard]] std::optional<core::VideoLink> stored_link(BlockReader& answers,
                                                         const StoredAnswer& answer,
                                                         const core::TaskId& id, int index);

}  // namespace storage
