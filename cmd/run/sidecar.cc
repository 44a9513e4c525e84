#include "cmd/run/sidecar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "core/domain/time_zone.h"
#include "core/error.h"
#include "core/files/beneath.h"
#include "storage/sqlite/saved_videos.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSidecarType = "reeltally video";
constexpr std::string_view kSuffix = ".json";
constexpr std::size_t kOwnBytesMax = std::size_t{1} << 20U;  // labels make the most of it

std::string text_of(const RecordedVideo& video) {
  const core::TimeZone utc("UTC");
  Json json{{"type", kSidecarType},
            {"task_id", video.task_id},
            {"account", video.account},
            {"video_index", video.index},
            {"model", video.model},
            {"status", video.status},
            {"finished_at", utc.text(video.finish_time)},
            {"file", core::split_path(video.file.path).name},
            {"bytes", video.file.bytes},
            {"sha256", video.file.sha256},
            {"checks", video.file.checks}};
  json["labels"] = Json::object();
  for (const auto& [name, value] : video.labels) {
    json["labels"][name] = value;
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// A draft beside the sidecar; removed unless it got its name.
class Draft {
 public:
  Draft(const core::OutputFolder& folder, std::string path)
      : path_(std::move(path)),
        parts_(core::split_path(path_)),
        draft_(core::draft_path(parts_.name)) {
    const std::string parent = core::split_path(folder.relative(path_)).folder;
    folder_ = core::open_beneath(folder.descriptor(), parent.empty() ? "." : parent,
                                 O_RDONLY | O_DIRECTORY);
    must(folder_.valid());
    static_cast<void>(unlinkat(folder_.number(), draft_.c_str(), 0));  // of a process that died
    file_ = core::open_beneath(folder_.number(), draft_, O_WRONLY | O_CREAT | O_EXCL,
                               S_IRUSR | S_IWUSR);
    must(file_.valid());
  }
  ~Draft() {
    if (!published_ && file_.valid()) {
      static_cast<void>(unlinkat(folder_.number(), draft_.c_str(), 0));
    }
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void publish(std::string_view text, const std::string& task_id) {
    std::size_t written = 0;
    check(core::write_at(file_.number(), text, 0, written));
    must(fsync(file_.number()) == 0);
    int error =
        core::move_without_replacing(folder_.number(), draft_, folder_.number(), parts_.name);
    if (error == EEXIST && is_ours(task_id)) {
      error = renameat(folder_.number(), draft_.c_str(), folder_.number(), parts_.name.c_str()) == 0
                  ? 0
                  : errno;
    }
    if (error == EEXIST) {
      throw core::Error("the sidecar " + path_ +
                        " was not written: a file that is not ours has its name");
    }
    check(error);
    published_ = true;
    if (!core::is_named(file_.number(), folder_.number(), parts_.name)) {
      throw core::Error("the sidecar " + path_ + " was replaced by another program at once");
    }
    check(core::sync_folder(folder_.number()));
  }

 private:
  /// Whether the file that is there already was made by us about the same task.
  [[nodiscard]] bool is_ours(const std::string& task_id) const {
    const core::Descriptor file = core::open_beneath(folder_.number(), parts_.name, O_RDONLY);
    struct stat status {};
    if (!file.valid() || fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size > static_cast<off_t>(kOwnBytesMax)) {
      return false;
    }
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    const ssize_t count = pread(file.number(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    const auto json = nlohmann::json::parse(text, nullptr, false);
    return json.is_object() && json.value("type", "") == kSidecarType &&
           json.value("task_id", "") == task_id;
  }

  void must(bool done) const { check(done ? 0 : errno); }
  void check(int error) const {
    if (error != 0) {
      throw core::Error("cannot write the sidecar " + path_ + ": " +
                        (error == ELOOP || error == ENOTDIR
                             ? "a symbolic link or a file is in the way, and no link is followed"
                             : std::generic_category().message(error)));
    }
  }

  std::string path_;
  core::SplitPath parts_;
  std::string draft_;
  core::Descriptor folder_;
  core::Descriptor file_;
  bool published_ = false;
};

/// Whether the video is there, and its sidecar is not.
bool lacks_sidecar(const core::OutputFolder& folder, const std::string& path) {
  const std::string video = folder.relative(path);
  struct stat status {};
  const auto is_there = [&](const std::string& name) {
    return fstatat(folder.descriptor(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  };
  return !video.empty() && !is_there(video + std::string(kSuffix)) && errno == ENOENT &&
         is_there(video) && S_ISREG(status.st_mode);
}

}  // namespace

void write_sidecar(const core::OutputFolder& folder, const RecordedVideo& video) {
  Draft(folder, video.file.path + std::string(kSuffix)).publish(text_of(video), video.task_id);
}

std::size_t write_missing_sidecars(const std::string& ledger, const core::OutputFolder& folder,
                                   Log& log) {
  std::vector<storage::SavedVideo> lacking;
  storage::each_saved_video(ledger, [&](storage::SavedVideo&& video) {
    if (lacks_sidecar(folder, video.path)) {
      lacking.push_back(std::move(video));
    }
  });
  std::size_t failures = 0;
  storage::describe(
      ledger, lacking, [&](const storage::SavedVideo& video, storage::SavedVideoFacts&& facts) {
        try {
          write_sidecar(folder, {.task_id = video.task_id,
                                 .account = video.account,
                                 .model = std::move(facts.model),
                                 .status = std::move(facts.status),
                                 .finish_time = facts.finish_time,
                                 .labels = std::move(facts.labels),
                                 .index = video.index,
                                 .file = {video.path, video.bytes, video.sha256, facts.checks}});
        } catch (const core::Error& failure) {
          log.warning(failure.what());
          ++failures;
        }
      });
  return failures;
}

}  // namespace cmd
