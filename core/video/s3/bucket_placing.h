// A checked part goes into the bucket under its name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"
#include "core/http/s3/s3_client.h"
#include "core/video/local/part.h"
#include "core/video/local/part_placing.h"
#include "core/video/promised_content.h"
#include "core/video/video_store.h"

namespace core {

/// How much goes in one request. The default is what suits AWS: parts that are worth a request
/// each, and few of them.
struct BucketLimits {
  std::int64_t put_bytes_max = std::int64_t{64} << 20U;
  std::int64_t part_bytes = std::int64_t{16} << 20U;  ///< at least 5 MiB
};

/// Publishes one part; one object for each attempt. Blocking; any thread. What is passed must
/// outlive it.
class BucketPlacing {
 public:
  struct Task {
    S3Client& client;
    const S3Place& place;
    const BucketLimits& limits;
    Part& part;
    const FilePlan& plan;
    const CheckedVideo& video;
    const Claimed& claimed;
  };
  explicit BucketPlacing(const Task& task);

  /// Returns once the object is whole in the bucket; then the part is removed.
  [[nodiscard]] std::variant<SavedFile, FetchFailure> run();

 private:
  /// none: the name is taken by something else.
  using Placed = std::optional<std::variant<SavedFile, FetchFailure>>;
  enum class Stored { written, taken };

  Placed replace_recorded();
  Placed try_name(const std::string& relative);
  /// Writes the object, or adopts one of the same bytes.
  Placed create(const S3Object& object);
  [[nodiscard]] S3Client::Result<Stored> write(const S3Object& object, bool create_only);
  [[nodiscard]] SavedFile settle(const S3Object& object);
  [[nodiscard]] bool is_this_video(const ObjectFacts& facts) const;
  [[nodiscard]] FetchFailure failed(const S3Failure& failure) const;

  Task task_;
  std::string sha256_;
};

/// What a failure of the bucket means for a video.
[[nodiscard]] FetchFailure bucket_failure(const S3Failure& failure, const std::string& part_path);

/// The part of a path below the place; empty if it is not plainly below.
[[nodiscard]] std::string relative_key(const S3Place& place, std::string_view path);

}  // namespace core
