// A bucket with the S3 API as a store of videos.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/http/s3/s3_client.h"
#include "core/video/local/output_folder.h"
#include "core/video/local/part_placing.h"
#include "core/video/s3/bucket_placing.h"
#include "core/video/video_store.h"

namespace core {

/// Videos under a prefix of a bucket; their paths are `s3://BUCKET/KEY`. While one is fetched, its
/// bytes lie in a part file of a local folder, as those of LocalVideos do; it is checked there, and
/// uploaded when it is published.
class BucketVideos final : public VideoStore {
 public:
  /// To save videos; `parts` is the folder of the part files, and of nothing else.
  BucketVideos(std::shared_ptr<S3Client> client, S3Place place,
               std::shared_ptr<const OutputFolder> parts, Claimed claimed,
               BucketLimits limits = {});
  /// To look only, and for `write_beside`. Neither `open` nor `discard` may be called.
  BucketVideos(std::shared_ptr<S3Client> client, S3Place place);

  [[nodiscard]] std::variant<std::unique_ptr<VideoSink>, FetchFailure> open(FilePlan plan) override;
  void discard(FilePlan plan) override;
  /// Of other buckets too, and of folders of this machine.
  [[nodiscard]] std::variant<StoredFile, NotFound> find(const std::string& path) const override;
  [[nodiscard]] bool holds(const std::string& path) const override;
  [[nodiscard]] std::optional<Sha256Digest> sha256_of(const std::string& path) const override;
  /// In the order of the bytes. Keys whose last part begins with a dot are left out, as are
  /// those that end with `/`, which some tools make for folders.
  void list(const std::function<void(const std::string& path)>& visit) const override;
  [[nodiscard]] std::unique_ptr<FileListing> in_order() const override;
  /// Of the volume of the part files.
  [[nodiscard]] std::optional<std::int64_t> free_bytes() const override;
  void write_beside(const BesideFile& file) override;

 private:
  class Listing;

  std::shared_ptr<S3Client> client_;
  S3Place place_;
  std::shared_ptr<const OutputFolder> parts_;  ///< null: to look only
  Claimed claimed_;
  BucketLimits limits_;
};

/// Finds out how this bucket creates objects without replacing any, by writing one small object
/// under the prefix twice, and tells the client. `wanted`: none: whatever the bucket knows. Throws
/// core::UsageError if the bucket replaces the object, core::Error if it cannot be written.
void find_create_only(S3Client& client, const S3Place& place, std::optional<CreateOnly> wanted);

}  // namespace core
