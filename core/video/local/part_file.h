// A download on its way to disk: a hidden part file beside its target, checked, synced, published
// under its final name without replacing anything, and only then reported.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"
#include "core/video/local/output_folder.h"
#include "core/video/local/part.h"
#include "core/video/local/part_notes.h"
#include "core/video/local/part_placing.h"
#include "core/video/video_store.h"

namespace core {

/// The sink of the local folder. What its bytes belong to is kept in a file beside the part.
class PartFile final : public VideoSink {
 public:
  /// Opens or makes the part file for a plan, and the template's folders. A FetchFailure (disk,
  /// disk_full, or blocked when something else stands there or another process holds it) when
  /// that is not possible. `claimed` may be empty; it is never asked about `plan.replaces`, which
  /// is this video's own.
  [[nodiscard]] static std::variant<std::unique_ptr<PartFile>, FetchFailure> open(
      std::shared_ptr<const OutputFolder> folder, FilePlan plan, Claimed claimed);
  ~PartFile() override;

  /// Bytes of an earlier boot are not resumed: unsynced as they are, a power cut may have taken any
  /// of them.
  [[nodiscard]] std::int64_t size() const override;
  [[nodiscard]] const std::string& validator() const override { return notes_.validator; }
  [[nodiscard]] const PromisedContent& promised() const override { return notes_.promised; }
  [[nodiscard]] std::optional<FetchFailure> restart(std::string_view validator,
                                                    const PromisedContent& promised) override;
  [[nodiscard]] std::optional<FetchFailure> append(std::string_view bytes) override;

  /// Checks, then fsync, rename without replacing, fsync of the folder; removes the part and its
  /// notes. Thread-safe for different files.
  ///  - After a failed sync the part stays, but is not resumed (design.md S7).
  ///  - A failure when the output folder's path no longer leads to it: the record would be untrue.
  ///  - A file that has further names (hard links) is not adopted.
  ///  - `plan.replaces` is taken again if it is gone; it is not if it is no regular file.
  [[nodiscard]] std::variant<SavedFile, FetchFailure> publish(
      const PromisedContent& promised) override;

 private:
  PartFile(std::unique_ptr<Part> part, FilePlan plan, Claimed claimed);
  /// Bytes of an earlier try are resumed or dropped.
  std::optional<FetchFailure> take_up();
  [[nodiscard]] std::variant<CheckedVideo, FetchFailure> check(const PromisedContent& promised);
  std::optional<FetchFailure> sync();

  std::unique_ptr<Part> part_;
  FilePlan plan_;
  Claimed claimed_;
  std::int64_t size_ = 0;
  PartNotes notes_;
  bool published_ = false;  ///< or at least tried
  bool keep_ = false;       ///< the disk failed: the part stays as it is
};

}  // namespace core
