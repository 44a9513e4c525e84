// The local folder as a store of videos.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/video/local/output_folder.h"
#include "core/video/local/part_file.h"
#include "core/video/video_store.h"

namespace core {

/// Videos below an output folder; paths are absolute. Hidden part files are beside the videos.
class LocalVideos final : public VideoStore {
 public:
  /// For saving videos. `claimed` may be empty: nothing is claimed.
  LocalVideos(std::shared_ptr<const OutputFolder> folder, Claimed claimed);
  /// For reading only: the folder need not exist, and nothing is created. `open`, `discard` and
  /// `write_beside` must not be called.
  explicit LocalVideos(std::string path);

  [[nodiscard]] std::variant<std::unique_ptr<VideoSink>, FetchFailure> open(FilePlan plan) override;
  void discard(FilePlan plan) override;
  [[nodiscard]] std::variant<StoredFile, NotFound> find(const std::string& path) const override;
  [[nodiscard]] bool holds(const std::string& path) const override;
  [[nodiscard]] std::optional<Sha256Digest> sha256_of(const std::string& path) const override;
  /// Paths begin with the folder's path as it was given. Hidden files are left out: they are never
  /// videos, but parts, their notes, and files of file managers.
  void list(const std::function<void(const std::string& path)>& visit) const override;
  [[nodiscard]] std::optional<std::int64_t> free_bytes() const override;
  /// Writes beneath the folder, not through a symbolic link.
  void write_beside(const BesideFile& file) override;

 private:
  std::shared_ptr<const OutputFolder> folder_;  ///< null: for reading only
  std::string path_;
  Claimed claimed_;
};

}  // namespace core
