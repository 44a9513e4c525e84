#include "core/video/local/local_videos.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cassert>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files/free_space.h"
#include "core/files/read_whole.h"
#include "core/video/local/beside_file.h"

namespace core {
namespace {

namespace fs = std::filesystem;

UtcTime change_time(const struct stat& status) {
  return UtcTime(std::chrono::duration_cast<UtcTime::duration>(
      std::chrono::seconds(status.st_ctim.tv_sec) +
      std::chrono::nanoseconds(status.st_ctim.tv_nsec)));
}

}  // namespace

LocalVideos::LocalVideos(std::shared_ptr<const OutputFolder> folder, Claimed claimed)
    : folder_(std::move(folder)), path_(folder_->path()), claimed_(std::move(claimed)) {}

LocalVideos::LocalVideos(std::string path) : path_(std::move(path)) {}

std::variant<std::unique_ptr<VideoSink>, FetchFailure> LocalVideos::open(FilePlan plan) {
  assert(folder_ != nullptr);
  auto opened = PartFile::open(folder_, std::move(plan), claimed_);
  if (auto* failure = std::get_if<FetchFailure>(&opened)) {
    return std::move(*failure);
  }
  return std::unique_ptr<VideoSink>(std::move(std::get<std::unique_ptr<PartFile>>(opened)));
}

void LocalVideos::discard(FilePlan plan) {
  auto opened = open(std::move(plan));
  if (auto* sink = std::get_if<std::unique_ptr<VideoSink>>(&opened)) {
    // An empty part is removed when its object ends.
    static_cast<void>((*sink)->restart({}, {}));
  }
}

std::variant<StoredFile, NotFound> LocalVideos::find(const std::string& path) const {
  const std::string below = folder_ == nullptr ? std::string() : folder_->relative(path);
  struct stat status {};
  const int result =
      below.empty() ? lstat(path.c_str(), &status)
                    : fstatat(folder_->descriptor(), below.c_str(), &status, AT_SYMLINK_NOFOLLOW);
  if (result != 0) {
    return errno == ENOENT || errno == ENOTDIR ? NotFound::missing : NotFound::unreadable;
  }
  return StoredFile{.bytes = status.st_size,
                    .is_regular = S_ISREG(status.st_mode),
                    .changed_at = change_time(status),
                    .identity = {status.st_dev, status.st_ino}};
}

bool LocalVideos::holds(const std::string& path) const {
  return folder_ != nullptr && !folder_->relative(path).empty();
}

std::optional<Sha256Digest> LocalVideos::sha256_of(const std::string& path) const {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) {
    return std::nullopt;
  }
  Sha256 hash;
  const int error = read_whole(file.number(), [&](std::string_view piece) { hash.update(piece); });
  return error == 0 ? std::optional(hash.finish()) : std::nullopt;
}

void LocalVideos::list(const std::function<void(const std::string& path)>& visit) const {
  const auto require = [this](const std::error_code& failure) {
    if (failure) {
      throw Error("cannot read the output folder " + path_ + ": " + failure.message());
    }
  };
  std::error_code failure;
  fs::recursive_directory_iterator at(path_, failure);
  if (failure == std::errc::no_such_file_or_directory) {
    return;
  }
  require(failure);
  for (; at != fs::recursive_directory_iterator(); at.increment(failure)) {
    require(failure);
    std::error_code ignored;  // a dangling link is not a folder
    if (!at->is_directory(ignored) && !at->path().filename().string().starts_with('.')) {
      visit(at->path().string());
    }
  }
}

std::optional<std::int64_t> LocalVideos::free_bytes() const { return core::free_bytes(path_); }

void LocalVideos::write_beside(const BesideFile& file) {
  assert(folder_ != nullptr);
  core::write_beside(*folder_, file);
}

}  // namespace core
