// The interface for what the pages of `serve` read besides core::LedgerReader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/ledger_reader.h"

namespace core {

/// A page of the gallery: the videos behind (`task`, `index`) in descending order, so that a page
/// costs the same wherever it is.
struct GalleryPage {
  TaskKey task = std::numeric_limits<TaskKey>::max();
  std::int64_t index = 0;
  std::size_t count = 0;  ///< at most so many
  /// Part of the ID, the model or a label ("name value"), valid UTF-8 without NUL; ASCII letters in
  /// any case. Empty: all.
  std::string search;
};

/// Reads a ledger at any time. One thread. Every method throws core::Error if the ledger fails.
/// "Since" means by finish time, else by the time of the final answer, as in v_daily.
class DashboardReader {
 public:
  virtual ~DashboardReader() = default;

  /// Tasks that finished, by day since 1970 (UTC), ascending: {day, succeeded, failed}.
  [[nodiscard]] virtual std::vector<ViewRow> days(UtcTime since) = 0;
  /// Why tasks failed, the most frequent reason first: {reason, tasks}.
  [[nodiscard]] virtual std::vector<ViewRow> failures(UtcTime since, std::size_t count) = 0;
  /// Finished tasks by label and its value, the most frequent first: {label, value, tasks,
  /// succeeded, failed}.
  [[nodiscard]] virtual std::vector<ViewRow> labels(UtcTime since, std::size_t count) = 0;
  /// Wanted videos, the soonest expiry first: {account, task_id, video_index, expires_at (UTC
  /// milliseconds), attempts, last_error}.
  [[nodiscard]] virtual std::vector<ViewRow> expiring(std::size_t count) = 0;
  /// Videos on disk, those of the newest tasks first: {task, video_index, account, task_id, model,
  /// seconds, labels, bytes, path}.
  [[nodiscard]] virtual std::vector<ViewRow> gallery(const GalleryPage& page) = 0;
  [[nodiscard]] virtual bool has_task(const std::string& account, const std::string& task_id) = 0;
  /// {path, bytes} of a video that is on disk.
  [[nodiscard]] virtual std::optional<ViewRow> saved_video(const std::string& account,
                                                           const std::string& task_id,
                                                           std::int64_t index) = 0;
};

}  // namespace core
