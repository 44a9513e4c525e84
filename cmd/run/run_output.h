// Where the videos of a run go: the output folder or a bucket.
#pragma once

#include <memory>

#include "cmd/cli/settings.h"
#include "cmd/os/interrupt.h"
#include "cmd/run/bucket_access.h"
#include "core/http/curl_transport.h"
#include "core/video/local/output_folder.h"
#include "core/video/local/part_placing.h"
#include "core/video/video_store.h"

namespace cmd {

/// The main thread.
class RunOutput {
 public:
  /// Both must outlive this; a second signal ends every request to the bucket.
  RunOutput(const Settings& settings, const Interrupt& interrupt)
      : settings_(settings), interrupt_(interrupt) {}

  /// Not called for a run without downloads. Decides how many threads publish. Throws core::Error
  /// if no video can be saved there.
  void open(core::TransportSettings& transport);
  [[nodiscard]] bool is_open() const { return folder_ != nullptr; }
  /// The local folder in which videos arrive. Must be open.
  [[nodiscard]] const std::string& arrival_folder() const;

  /// The store for the videos; if it is not open, one that only reads. `claimed` may be empty.
  [[nodiscard]] std::unique_ptr<core::VideoStore> videos(core::Claimed claimed) const;

 private:
  const Settings& settings_;
  const Interrupt& interrupt_;
  std::shared_ptr<const core::OutputFolder> folder_;  // null: not open
  std::shared_ptr<BucketAccess> bucket_;              // null: the videos stay in the folder
};

}  // namespace cmd
