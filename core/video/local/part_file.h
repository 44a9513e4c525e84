// A download on its way to disk: a hidden part file beside its target, checked, synced, published
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
#include "core/video/video_store.h"

namespace core {

/// The sink of the local folder: one part file, locked against other runs while this object lives.
class PartFile final : public VideoSink {
 public:
  /// Names that are tried for one video before the template is called unfit.
  static constexpr int kNamesMax = 10000;

  /// Whether a video in the ledger has this absolute path. Never asked about `plan.replaces`, which
  /// is this video's own. Called on the worker thread; what it throws passes through `publish`.
  using Claimed = std::function<bool(const std::string& path)>;

  /// Opens or makes the part file for a plan, and the template's folders. A FetchFailure (disk,
  /// disk_full, or blocked when something else stands there or another process holds it) when
  /// that is not possible.
  [[nodiscard]] static std::variant<std::unique_ptr<PartFile>, FetchFailure> open(
      std::shared_ptr<const OutputFolder> folder, FilePlan plan, Claimed claimed);
  ~PartFile() override;

  /// Bytes of an earlier boot are not resumed: unsynced as they are, a power cut may have taken any
  /// of them.
  [[nodiscard]] std::int64_t size() const override;
  [[nodiscard]] const std::string& validator() const override;
  [[nodiscard]] const PromisedContent& promised() const override;
  /// What the bytes belong to is kept in a file beside the part.
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
  class State;
  explicit PartFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace core
