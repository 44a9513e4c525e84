#include "cmd/verify.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/run/bucket_access.h"
#include "cmd/run/sidecar.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/ledger/ledger_reader.h"
#include "core/text/printable.h"
#include "core/video/local/local_videos.h"
#include "core/video/s3/bucket_videos.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kBatch = 1024;
constexpr unsigned kReaders = 2;        // more do not make a disk faster
constexpr unsigned kBucketReaders = 8;  // a bucket answers many at once
constexpr std::size_t kPathShownMax = 4096;
// A run records a video shortly after it has renamed it.
constexpr std::chrono::seconds kRecordedWithin{60};

enum class Result { whole, missing, shorter, changed, unreadable, unknown };

const char* name(Result result) {
  switch (result) {
    case Result::whole:
      return "whole";
    case Result::missing:
      return "missing";
    case Result::shorter:
      return "short";
    case Result::changed:
      return "changed";
    case Result::unreadable:
      return "unreadable";
    case Result::unknown:
      return "unknown";
  }
  return "";
}

struct Checked {
  core::SavedVideo video;
  std::optional<std::int64_t> listed_bytes{};  // by the store's listing
  Result result = Result::whole;
  std::int64_t found_bytes = -1;
  std::optional<core::FileIdentity> identity;
};

Result by_content(const core::VideoStore& videos, const core::SavedVideo& video) {
  const auto hash = videos.sha256_of(video.path);
  return !hash                              ? Result::unreadable
         : core::hex(*hash) == video.sha256 ? Result::whole
                                            : Result::changed;
}

Result result_of(core::NotFound reason) {
  switch (reason) {
    case core::NotFound::missing:
      return Result::missing;
    case core::NotFound::unreadable:
      return Result::unreadable;
  }
  return Result::unreadable;
}

void check(const core::VideoStore& videos, Checked& one, bool deep) {
  if (one.listed_bytes == one.video.bytes) {
    one.found_bytes = *one.listed_bytes;
    one.result = deep ? by_content(videos, one.video) : Result::whole;
    return;
  }
  const auto found = videos.find(one.video.path);
  if (const auto* reason = std::get_if<core::NotFound>(&found)) {
    one.result = result_of(*reason);
    return;
  }
  const auto& file = std::get<core::StoredFile>(found);
  one.identity = file.identity;
  one.found_bytes = file.bytes;
  if (!file.is_regular || file.bytes > one.video.bytes) {
    one.result = Result::changed;
  } else if (file.bytes < one.video.bytes) {
    one.result = Result::shorter;
  } else if (deep) {
    one.result = by_content(videos, one.video);
  }
}

// Finds the files of a store that are neither a video of the ledger nor a sidecar of one.
class UnknownFiles {
 public:
  // A listing begins here.
  explicit UnknownFiles(const core::VideoStore& videos)
      : videos_(videos), listing_(videos.in_order()) {
    if (listing_ != nullptr) {
      ahead_ = listing_->next();
    }
  }

  [[nodiscard]] bool has_listing() const { return listing_ != nullptr; }

  // The size of a video by the listing; none if it is not there, or there is no listing. The
  // listing and the ledger's videos are both ordered by the bytes of their paths: what the listing
  // has before this video is no video of the ledger's.
  std::optional<std::int64_t> listed_bytes(const std::string& path) {
    if (listing_ == nullptr || !videos_.holds(path)) {
      return std::nullopt;
    }
    for (; ahead_ && ahead_->path < path; ahead_ = listing_->next()) {
      paths_.push_back(std::move(ahead_->path));
    }
    if (!ahead_ || ahead_->path != path) {
      return std::nullopt;
    }
    const std::int64_t bytes = ahead_->bytes;
    ahead_ = listing_->next();
    return bytes;
  }

  // A video of the ledger, and its file if that was looked at.
  void add_recorded(const std::string& path, const std::optional<core::FileIdentity>& identity) {
    if (listing_ != nullptr) {
      recorded_.insert(std::hash<std::string_view>{}(path));
    }
    if (identity) {
      known_.insert(*identity);
    }
  }

  // Once all videos were added.
  void find() {
    if (listing_ != nullptr) {
      for (; ahead_; ahead_ = listing_->next()) {
        paths_.push_back(ahead_->path);
      }
      std::erase_if(paths_, [this](const std::string& path) { return is_recorded(path); });
      return;
    }
    videos_.list([this](const std::string& path) {
      if (!is_known(path)) {
        paths_.push_back(path);
      }
    });
  }

  [[nodiscard]] bool empty() const { return paths_.empty(); }

  // Whether a run recorded the video since the first look.
  [[nodiscard]] bool is_recent(const core::SavedVideo& video) const {
    if (listing_ != nullptr && is_recorded(video.path)) {
      return false;
    }
    const auto found = videos_.find(video.path);
    const auto* file = std::get_if<core::StoredFile>(&found);
    return file != nullptr && !known_.contains(file->identity);
  }

  // The paths after a second look, folder by folder. If a run is in progress, a file that changed
  // just now may be a video that it will record.
  [[nodiscard]] std::vector<std::string> take(bool run_in_progress) {
    const core::UtcTime now = core::SystemClock().utc();
    std::erase_if(paths_, [&](const std::string& path) {
      const auto found = videos_.find(path);
      const auto* file = std::get_if<core::StoredFile>(&found);
      return (listing_ != nullptr ? is_recorded(path) : is_known(path)) || file == nullptr ||
             (run_in_progress && now - file->changed_at < kRecordedWithin);
    });
    std::sort(paths_.begin(), paths_.end(),
              [](const auto& one, const auto& other) { return fs::path(one) < fs::path(other); });
    return std::move(paths_);
  }

 private:
  // Whether the path is a video of the ledger's or the sidecar of one, without a look at the store.
  [[nodiscard]] bool is_recorded(const std::string& path) const {
    constexpr std::string_view kSuffix = kSidecarSuffix;
    const auto is_video = [this](std::string_view one) {
      return recorded_.contains(std::hash<std::string_view>{}(one));
    };
    const std::string_view whole = path;
    return is_video(whole) ||
           (whole.ends_with(kSuffix) && is_video(whole.substr(0, whole.size() - kSuffix.size())));
  }

  [[nodiscard]] bool is_known(const std::string& path) const {
    const auto found = videos_.find(path);
    const auto* file = std::get_if<core::StoredFile>(&found);
    if (file == nullptr) {
      return true;  // removed in the meantime
    }
    if (known_.contains(file->identity)) {
      return true;
    }
    constexpr std::string_view kSuffix = kSidecarSuffix;
    if (!path.ends_with(kSuffix)) {
      return false;
    }
    const auto beside = videos_.find(path.substr(0, path.size() - kSuffix.size()));
    const auto* video = std::get_if<core::StoredFile>(&beside);
    return video != nullptr && known_.contains(video->identity);
  }

  const core::VideoStore& videos_;
  std::unique_ptr<core::FileListing> listing_;  // null: files are looked up one by one
  std::optional<core::ListedFile> ahead_;       // the next one of the listing
  std::unordered_set<std::size_t> recorded_;    // with a listing: hashes of the ledger's paths
  std::set<core::FileIdentity> known_;
  std::vector<std::string> paths_;
};

// Checks videos batch by batch, and tells what differs.
class Verification {
 public:
  Verification(const core::VideoStore& videos, const Settings& settings, std::ostream& out)
      : videos_(videos),
        deep_(settings.flag("deep")),
        json_(settings.flag("json")),
        out_(out),
        unknown_(videos) {}

  void add(core::SavedVideo&& video) {
    batch_.push_back({.video = std::move(video)});
    batch_.back().listed_bytes = unknown_.listed_bytes(batch_.back().video.path);
    if (batch_.size() == kBatch) {
      flush();
    }
  }

  void flush() {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < batch_.size(); i = next++) {
        check(videos_, batch_[i], deep_);
      }
    };
    const unsigned wanted = unknown_.has_listing() ? kBucketReaders : deep_ ? kReaders : 1;
    std::vector<std::thread> readers;
    for (unsigned i = 1; i < wanted; ++i) {
      readers.emplace_back(work);
    }
    work();
    for (std::thread& reader : readers) {
      reader.join();
    }
    for (Checked& one : batch_) {
      settle(one);
    }
    batch_.clear();
  }

  // Files in the store that the ledger does not know; they are told after the second look.
  [[nodiscard]] bool finds_unknown_files() {
    unknown_.find();
    return !unknown_.empty();
  }
  // Adds a video if a run recorded it since the first look.
  void add_recent(core::SavedVideo&& video) {
    if (unknown_.is_recent(video)) {
      add(std::move(video));
    }
  }
  void report_unknown_files(bool run_in_progress) {
    for (const std::string& path : unknown_.take(run_in_progress)) {
      tell(Result::unknown, path, nullptr, -1);
    }
  }

  [[nodiscard]] const std::vector<core::SavedVideo>& missing() const { return missing_; }
  [[nodiscard]] std::uint64_t count(Result result) const {
    return counts_.at(static_cast<std::size_t>(result));
  }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  void settle(Checked& one) {
    unknown_.add_recorded(one.video.path, one.identity);
    bytes_ += one.video.bytes;
    tell(one.result, one.video.path, &one.video, one.found_bytes);
    if (one.result == Result::missing) {
      missing_.push_back(std::move(one.video));
    }
  }

  void tell(Result result, const std::string& path, const core::SavedVideo* video,
            std::int64_t found_bytes) {
    ++counts_.at(static_cast<std::size_t>(result));
    if (result == Result::whole) {
      return;
    }
    if (!json_) {
      out_ << name(result) << '\t' << core::printable(path, kPathShownMax)
           << (video == nullptr ? "" : "\t" + video->task_id) << '\n';
      return;
    }
    Json line{{"type", "finding"}, {"result", name(result)}, {"path", path}};
    if (video != nullptr) {
      line["account"] = video->account;
      line["task_id"] = video->task_id;
      line["video_index"] = video->index;
      line["bytes"] = video->bytes;
      line["found_bytes"] = found_bytes < 0 ? Json() : Json(found_bytes);
    }
    print_json(out_, line);
  }

  const core::VideoStore& videos_;
  bool deep_;
  bool json_;
  std::ostream& out_;
  UnknownFiles unknown_;
  std::vector<Checked> batch_;
  std::vector<core::SavedVideo> missing_;
  std::array<std::uint64_t, 6> counts_{};
  std::int64_t bytes_ = 0;
};

std::unique_ptr<core::VideoStore> open_videos(const Settings& settings) {
  if (!wants_bucket(settings)) {
    return std::make_unique<core::LocalVideos>(settings.text("output"));
  }
  const auto bucket = std::make_shared<BucketAccess>(settings);
  return std::make_unique<core::BucketVideos>(client_of(bucket), bucket->place());
}

}  // namespace

ExitCode verify(const Settings& settings, Log& log, std::ostream& out) {
  const std::string ledger = ledger_path(settings);
  const std::unique_ptr<core::VideoStore> videos = open_videos(settings);
  // Locked before the ledger is read, so that no run adds a video meanwhile.
  std::optional<storage::LedgerHold> lock;
  if (settings.flag("requeue")) {
    lock.emplace(ledger, settings.duration("lock-wait"));
  }
  // The listing begins before the ledger is read: a video saved meanwhile is looked up.
  Verification found(*videos, settings, out);
  const auto reader = storage::open_ledger_reader(ledger);
  reader->each_saved_video([&](core::SavedVideo&& video) { found.add(std::move(video)); });
  found.flush();
  if (found.finds_unknown_files()) {
    reader->each_saved_video([&](core::SavedVideo&& video) { found.add_recent(std::move(video)); });
    found.flush();
  }
  found.report_unknown_files(!lock && !storage::ledger_writer(ledger).empty());
  core::Requeued requeued;
  if (lock) {
    requeued = reader->want_again(found.missing(), core::SystemClock().utc());
  }
  const std::uint64_t whole = found.count(Result::whole);
  std::uint64_t differing = 0;
  Json summary{{"type", "verification"}, {"deep", settings.flag("deep")}, {"whole", whole}};
  std::string text = format_count(whole, "video") + " whole";
  for (const Result result :
       {Result::missing, Result::shorter, Result::changed, Result::unreadable, Result::unknown}) {
    summary[name(result)] = found.count(result);
    differing += found.count(result);
    text += ", " + std::to_string(found.count(result)) + " " + name(result);
  }
  summary["requeued"] = requeued.missing;
  summary["given_up_requeued"] = requeued.given_up;
  summary["bytes"] = found.bytes();
  if (settings.flag("json")) {
    print_json(out, summary);
  } else {
    log.note(text + (settings.flag("deep") ? ", by content" : ", by size; --deep reads them"));
    if (settings.flag("requeue")) {
      log.note(format_count(requeued.missing, "missing video") +
               " will be downloaded by `reeltally run --pending`, " +
               std::to_string(found.missing().size() - requeued.missing) +
               " cannot be: their links have expired");
      if (requeued.given_up > 0) {
        log.note(format_count(requeued.given_up, "video") +
                 (requeued.given_up == 1 ? " that was" : " that were") +
                 " given up will be tried again by that run");
      }
    }
  }
  return differing == 0 ? ExitCode::ok : ExitCode::partly;
}

}  // namespace cmd
