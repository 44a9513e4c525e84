// The local folder as a store of videos.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/video/local/output_folder.h"
#include "core/video/local/part_file.h"
#include "core/video/video_store.h"

namespace core {

/// Videos under an output folder; their paths are absolute. Part files lie beside them, hidden.
class LocalVideos final : public VideoStore {
 public:
  /// To save videos. `claimed` may be empty: nothing is claimed.
  LocalVideos(std::shared_ptr<const OutputFolder> folder, Claimed claimed);
  /// To look only: the folder need not exist, and nothing is made. Neither `open`, `discard` nor
  /// `write_beside` may be called.
  explicit LocalVideos(std::string path);

  [[nodiscard]] std::variant<std::unique_ptr<VideoSink>, FetchFailure> open(FilePlan plan) override;
  void discard(FilePlan plan) override;
  [[nodiscard]] std::variant<StoredFile, NotFound> find(const std::string& path) const override;
  [[nodiscard]] bool holds(const std::string& path) const override;
  [[nodiscard]] std::optional<Sha256Digest> sha256_of(const std::string& path) const override;
  /// Paths begin with the folder's as it was given. Hidden files are left out: no video is one, but
  /// parts and their notes are, and what file managers leave.
  void list(const std::function<void(const std::string& path)>& visit) const override;
  [[nodiscard]] std::optional<std::int64_t> free_bytes() const override;
  /// Beneath the folder, through no symbolic link.
  void write_beside(const BesideFile& file) override;

 private:
  std::shared_ptr<const OutputFolder> folder_;  ///< null: to look only
  std::string path_;
  Claimed claimed_;
};

}  // namespace core
