// Whether the link that a video was last offered may still live.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/domain/task.h"
#include "storage/answers/block_reader.h"
#include "storage/answers/stored_link.h"

namespace storage {

/// A video and the link that it was last offered.
struct OfferedVideo {
  core::TaskKey task = 0;
  int index = 1;
  core::VideoState state = core::VideoState::wanted;
  std::optional<core::UtcTime> expires_at;
  std::optional<StoredAnswer> answer;  ///< none: it was pruned
  std::string task_id;
};

/// An assumed expiry that has passed proves nothing. Throws what the back end throws.
[[nodiscard]] bool may_live(BlockReader& answers, const OfferedVideo& video, core::UtcTime now);

/// Whether runs have given the video up, but not because its link said itself that it is dead.
[[nodiscard]] bool is_worth_a_try(BlockReader& answers, const OfferedVideo& video,
                                  core::UtcTime now);

}  // namespace storage
