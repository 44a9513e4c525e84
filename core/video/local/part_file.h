// A download in the local folder: a hidden part file beside its target, checked, synced, published
// under its final name without replacing anything, and only then reported.
#pragma once

#include <cstdint>
#include <functional>
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

/// The sink of the local folder. A file beside the part records to which object the bytes belong.
class PartFile final : public VideoSink {
 public:
  /// Opens or creates the part file of a plan, and the template's folders. Returns a FetchFailure
  /// if that is not possible: disk, disk_full, or blocked if something else occupies the path or
  /// another process holds the part. `claimed` may be empty; it is never called for
  /// `plan.replaces`, which is this video's own.
  [[nodiscard]] static std::variant<std::unique_ptr<PartFile>, FetchFailure> open(
      std::shared_ptr<const OutputFolder> folder, FilePlan plan, Claimed claimed);
  /// Gives a checked part its place, and returns once it is durable there. If it fails, the part
  /// stays. Blocking; any thread; may throw.
  using Place =
      std::function<std::variant<SavedFile, FetchFailure>(Part& part, const CheckedVideo& video)>;
  /// The same for a video that goes elsewhere than into this folder. `plan` places the part alone.
  [[nodiscard]] static std::variant<std::unique_ptr<PartFile>, FetchFailure> open_with(
      std::shared_ptr<const OutputFolder> folder, const FilePlan& plan, Place place);
  ~PartFile() override;

  /// Bytes of an earlier boot are not resumed: they were not synced, so a power failure may have
  /// destroyed any of them.
  [[nodiscard]] std::int64_t size() const override;
  [[nodiscard]] const std::string& validator() const override { return notes_.validator; }
  [[nodiscard]] const PromisedContent& promised() const override { return notes_.promised; }
  [[nodiscard]] std::optional<FetchFailure> restart(std::string_view validator,
                                                    const PromisedContent& promised) override;
  [[nodiscard]] std::optional<FetchFailure> append(std::string_view bytes) override;

  /// Checks, then fsync, rename without replacing, fsync of the folder; removes the part and its
  /// notes. Thread-safe for different files.
  ///  - After a failed sync the part stays, but is not resumed (design.md S7).
  ///  - Fails if the output folder's path no longer leads to it: the record would be wrong.
  ///  - A file with further names (hard links) is not adopted.
  ///  - `plan.replaces` is used again if the file is missing, but not if it is no regular file.
  [[nodiscard]] std::variant<SavedFile, FetchFailure> publish(
      const PromisedContent& promised) override;

 private:
  PartFile(std::unique_ptr<Part> part, Place place);
  /// Resumes or drops the bytes of an earlier attempt.
  std::optional<FetchFailure> take_up();
  [[nodiscard]] std::variant<CheckedVideo, FetchFailure> check(const PromisedContent& promised);

  std::unique_ptr<Part> part_;
  Place place_;
  std::int64_t size_ = 0;
  PartNotes notes_;
  bool published_ = false;  ///< published, or at least tried to
  bool keep_ = false;       ///< the disk failed: the part stays unchanged
};

}  // namespace core
