#include "cmd/verify.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/units.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/text/printable.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/saved_videos.h"

namespace cmd {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kBatch = 1024;
constexpr unsigned kReaders = 2;  // a disk is no faster with more
constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
constexpr std::size_t kShownMax = 4096;
// A run records a video within moments of giving it its name.
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

// None when the file cannot be read to its end.
std::optional<std::string> hash_of(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) {
    return std::nullopt;
  }
  ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  std::vector<char> block(kBlockBytes);
  core::Sha256 hash;
  ssize_t got = 0;
  while ((got = ::read(file, block.data(), block.size())) > 0) {
    hash.update({block.data(), static_cast<std::size_t>(got)});
  }
  ::close(file);
  return got == 0 ? std::optional(core::hex(hash.finish())) : std::nullopt;
}

// Which file it is, by whatever path.
using FileIdentity = std::pair<dev_t, ino_t>;

struct Checked {
  storage::SavedVideo video;
  Result result = Result::whole;
  std::int64_t found_bytes = -1;
  std::optional<FileIdentity> identity;
};

void check(Checked& one, bool deep) {
  struct stat status {};
  if (::lstat(one.video.path.c_str(), &status) != 0) {
    one.result = errno == ENOENT || errno == ENOTDIR ? Result::missing : Result::unreadable;
    return;
  }
  one.identity = FileIdentity(status.st_dev, status.st_ino);
  one.found_bytes = status.st_size;
  if (!S_ISREG(status.st_mode) || status.st_size > one.video.bytes) {
    one.result = Result::changed;
  } else if (status.st_size < one.video.bytes) {
    one.result = Result::shorter;
  } else if (deep) {
    const auto hash = hash_of(one.video.path);
    one.result = !hash                       ? Result::unreadable
                 : *hash == one.video.sha256 ? Result::whole
                                             : Result::changed;
  }
}

class Verification {
 public:
  Verification(const Settings& settings, std::ostream& out)
      : deep_(settings.flag("deep")), json_(settings.flag("json")), out_(out) {}

  void add(storage::SavedVideo&& video) {
    batch_.push_back({.video = std::move(video)});
    if (batch_.size() == kBatch) {
      flush();
    }
  }

  void flush() {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < batch_.size(); i = next++) {
        check(batch_[i], deep_);
      }
    };
    std::vector<std::thread> readers;
    for (unsigned i = 1; deep_ && i < kReaders; ++i) {
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

  /// Looks for files below the folder that are no video of the ledger's, not hidden (as parts are)
  /// and no sidecar of one.
  void look_below(const std::string& folder) {
    std::error_code failure;
    fs::recursive_directory_iterator at(folder, failure);
    if (failure) {
      if (failure == std::errc::no_such_file_or_directory) {
        return;
      }
      throw core::Error("cannot read the output folder " + folder + ": " + failure.message());
    }
    for (; at != fs::recursive_directory_iterator(); at.increment(failure)) {
      if (failure) {
        throw core::Error("cannot read the output folder " + folder + ": " + failure.message());
      }
      std::error_code none;  // a link that leads nowhere is no folder
      if (!at->is_directory(none) && !is_known(at->path())) {
        strangers_.push_back(at->path());
      }
    }
  }

  [[nodiscard]] bool has_strangers() const { return !strangers_.empty(); }
  /// Adds a video if it is one that a run brought since the first look.
  void add_newcomer(storage::SavedVideo&& video) {
    struct stat status {};
    if (::lstat(video.path.c_str(), &status) == 0 &&
        !known_.contains({status.st_dev, status.st_ino})) {
      add(std::move(video));
    }
  }
  /// What came just now may be a video that the run in progress is about to record.
  void tell_strangers(bool run_in_progress) {
    const std::time_t now = std::time(nullptr);
    std::erase_if(strangers_, [&](const fs::path& path) {
      struct stat status {};
      return is_known(path) || ::lstat(path.c_str(), &status) != 0 ||
             (run_in_progress && now - status.st_ctime < kRecordedWithin.count());
    });
    std::sort(strangers_.begin(), strangers_.end());
    for (const fs::path& path : strangers_) {
      tell(Result::unknown, path.string(), nullptr, -1);
    }
  }

  [[nodiscard]] const std::vector<storage::SavedVideo>& missing() const { return missing_; }
  [[nodiscard]] std::uint64_t count(Result result) const {
    return counts_.at(static_cast<std::size_t>(result));
  }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  void settle(Checked& one) {
    if (one.identity) {
      known_.insert(*one.identity);
    }
    bytes_ += one.video.bytes;
    tell(one.result, one.video.path, &one.video, one.found_bytes);
    if (one.result == Result::missing) {
      missing_.push_back(std::move(one.video));
    }
  }

  [[nodiscard]] bool is_known(const fs::path& path) const {
    // No video is hidden; parts and their notes are, and what file managers leave.
    if (path.filename().string().starts_with('.')) {
      return true;
    }
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
      return true;  // gone meanwhile
    }
    if (known_.contains({status.st_dev, status.st_ino})) {
      return true;
    }
    struct stat video {};
    return path.extension() == ".json" &&
           ::lstat((path.parent_path() / path.stem()).c_str(), &video) == 0 &&
           known_.contains({video.st_dev, video.st_ino});
  }

  void tell(Result result, const std::string& path, const storage::SavedVideo* video,
            std::int64_t found_bytes) {
    ++counts_.at(static_cast<std::size_t>(result));
    if (result == Result::whole) {
      return;
    }
    if (!json_) {
      out_ << name(result) << '\t' << core::printable(path, kShownMax)
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
    out_ << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }

  bool deep_;
  bool json_;
  std::ostream& out_;
  std::vector<Checked> batch_;
  std::set<FileIdentity> known_;
  std::vector<fs::path> strangers_;
  std::vector<storage::SavedVideo> missing_;
  std::array<std::uint64_t, 6> counts_{};
  std::int64_t bytes_ = 0;
};

}  // namespace

int verify(const Settings& settings, Log& log, std::ostream& out) {
  const std::string ledger = settings.ledger_path();
  Verification found(settings, out);
  // Held from the first look on: no run may bring a video meanwhile.
  std::optional<storage::Lock> lock;
  if (settings.flag("requeue") && fs::exists(ledger)) {
    lock.emplace(ledger, settings.duration("lock-wait"));
  }
  storage::each_saved_video(ledger,
                            [&](storage::SavedVideo&& video) { found.add(std::move(video)); });
  found.flush();
  found.look_below(settings.text("output"));
  if (found.has_strangers()) {
    storage::each_saved_video(
        ledger, [&](storage::SavedVideo&& video) { found.add_newcomer(std::move(video)); });
    found.flush();
  }
  found.tell_strangers(!lock && !storage::lock_holder(ledger).empty());
  storage::Requeued requeued;
  if (lock) {
    requeued = storage::want_again(ledger, found.missing(), core::SystemClock().utc());
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
    out << summary.dump() << '\n';
  } else {
    log.note(text + (settings.flag("deep") ? ", by content" : ", by size; --deep reads them"));
    if (settings.flag("requeue")) {
      log.note(format_count(requeued.missing, "missing video") +
               " will be fetched by `reeltally run --pending`, " +
               std::to_string(found.missing().size() - requeued.missing) +
               " cannot be: dead links");
      if (requeued.given_up > 0) {
        log.note(format_count(requeued.given_up, "video") +
                 (requeued.given_up == 1 ? " that was" : " that were") +
                 " given up will be tried again by it");
      }
    }
  }
  return differing == 0 ? ok : partly;
}

}  // namespace cmd
