// The bucket of --output: how it is reached, from the settings and AWS's own variables.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cmd/cli/settings.h"
#include "core/clock.h"
#include "core/http/http_call.h"
#include "core/http/s3/s3_client.h"
#include "core/http/s3/s3_keychain.h"
#include "core/ledger/work_list.h"

namespace cmd {

/// Whether --output names a bucket.
[[nodiscard]] bool wants_bucket(const Settings& settings);

/// A client for the bucket with all that it needs. Any thread.
class BucketAccess {
 public:
  /// `stop` ends every request once it is true; it may be empty. Throws core::UsageError for an
  /// invalid output, endpoint or header, and for plain http to another machine.
  explicit BucketAccess(const Settings& settings, std::function<bool()> stop = {});

  [[nodiscard]] core::S3Client& client() { return client_; }
  [[nodiscard]] const core::S3Place& place() const { return place_; }
  /// --s3-create-only; none: whatever the bucket knows.
  [[nodiscard]] std::optional<core::CreateOnly> create_only() const { return create_only_; }

 private:
  core::SystemClock clock_;
  core::S3Place place_;
  std::optional<core::CreateOnly> create_only_;
  core::HttpCaller caller_;
  core::S3Keychain keychain_;
  core::S3Client client_;
};

/// The client of an access, which it keeps.
[[nodiscard]] std::shared_ptr<core::S3Client> client_of(
    const std::shared_ptr<BucketAccess>& access);

/// The local folder in which videos arrive before they go into a bucket: --part-dir, else
/// reeltally/parts in $XDG_CACHE_HOME or ~/.cache. Throws core::UsageError if there is no home.
[[nodiscard]] std::string part_folder(const Settings& settings);

/// Whether a recorded video is in the bucket. The first few are looked up; if more are asked for,
/// the bucket is listed once, when the first of them is. Throws core::Error if it cannot be.
[[nodiscard]] core::OnDisk on_disk_in_bucket(const Settings& settings);

}  // namespace cmd
