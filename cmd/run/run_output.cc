#include "cmd/run/run_output.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/video/local/local_videos.h"
#include "core/video/s3/bucket_videos.h"

namespace cmd {
namespace {

constexpr int kPublisherThreads = 2;
constexpr int kUploadsMax = 16;
constexpr int kStopAtOnce = 2;  // Interrupt::level
const core::OutputFolder::Role kPartFolder{.name = "folder for parts", .option = "--part-dir"};

}  // namespace

void RunOutput::open(core::TransportSettings& transport) {
  if (!wants_bucket(settings_)) {
    folder_ = std::make_shared<core::OutputFolder>(settings_.text("output"));
    transport.publisher_threads = kPublisherThreads;
    return;
  }
  bucket_ = std::make_shared<BucketAccess>(settings_,
                                           [this] { return interrupt_.level() >= kStopAtOnce; });
  core::find_create_only(bucket_->client(), bucket_->place(), bucket_->create_only());
  folder_ = std::make_shared<core::OutputFolder>(part_folder(settings_), kPartFolder);
  // An upload takes about as long as a download.
  transport.publisher_threads = std::min(transport.download_concurrency, kUploadsMax);
}

const std::string& RunOutput::arrival_folder() const {
  assert(is_open());
  return folder_->path();
}

std::unique_ptr<core::VideoStore> RunOutput::videos(core::Claimed claimed) const {
  if (!is_open()) {
    return std::make_unique<core::LocalVideos>(settings_.text("output"));
  }
  if (bucket_ == nullptr) {
    return std::make_unique<core::LocalVideos>(folder_, std::move(claimed));
  }
  return std::make_unique<core::BucketVideos>(client_of(bucket_), bucket_->place(), folder_,
                                              std::move(claimed));
}

}  // namespace cmd
