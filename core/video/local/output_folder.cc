#include "core/video/local/output_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <set>
#include <system_error>
#include <unordered_map>

#include "core/error.h"

namespace core {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY;
// A name must stay reserved until the ledger has it; the ledger's queue is far shorter than this.
constexpr std::size_t kReservationsMax = 65536;

[[noreturn]] void fail(const std::string& what, const OutputFolder::Role& role,
                       const std::string& path, int error) {
  throw Error("cannot " + what + " the " + role.name + " " + path + ": " + errno_text(error) +
              "; choose another one with " + role.option);
}

int make_folder(const std::filesystem::path& path) {
  if (mkdir(path.c_str(), kFolderMode) != 0) {
    return errno == EEXIST ? 0 : errno;
  }
  const Descriptor parent(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return parent.valid() ? sync_folder(parent.number()) : errno;
}

// Like `mkdir -p`, but durable. Returns 0 or errno.
int make_folders(const std::filesystem::path& path) {
  int error = make_folder(path);
  if (error == ENOENT && path.has_relative_path()) {
    error = make_folders(path.parent_path());
    // Only one retry, because /proc refuses new folders with ENOENT, too.
    error = error != 0 ? error : make_folder(path);
  }
  return error;
}

std::filesystem::path absolute_path(const std::string& text) {
  std::filesystem::path path = std::filesystem::absolute(text);
  std::filesystem::path plain;
  for (const auto& part : path) {
    if (part != "." && !part.empty()) {
      plain /= part;
    }
  }
  return plain;
}

bool goes_up(const std::filesystem::path& path) {
  return std::find(path.begin(), path.end(), "..") != path.end();
}

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace

struct OutputFolder::Shared {
  std::mutex mutex;
  // Guarded by mutex:
  std::set<std::string> unsynced;  // new folders of this process, parents not synced yet
  std::unordered_map<std::uint64_t, std::uint64_t> owners;  // hash of a path -> video
  std::deque<std::uint64_t> order;                          // keys of `owners`, oldest first
};

OutputFolder::OutputFolder(const std::string& path, const Role& role)
    : boot_id_(read_boot_id()), shared_(std::make_unique<Shared>()) {
  if (path.empty()) {
    throw UsageError("the name of the " + role.name + " (" + role.option + ") is empty");
  }
  std::filesystem::path whole = absolute_path(path);
  folder_ = Descriptor(::open(whole.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_.valid() && errno == ENOENT) {
    if (const int error = make_folders(whole); error != 0) {
      fail("make", role, whole, error);
    }
    folder_ = Descriptor(::open(whole.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  if (!folder_.valid()) {
    fail("open", role, whole, errno);
  }
  if (goes_up(whole)) {
    std::error_code error;
    const std::filesystem::path resolved = std::filesystem::canonical(whole, error);
    if (error) {
      fail("resolve", role, whole, error.value());
    }
    whole = resolved;
  }
  path_ = whole;
}

OutputFolder::~OutputFolder() = default;

std::string OutputFolder::absolute(const std::string& relative) const {
  const bool root = path_.ends_with('/');
  return relative.empty() ? path_ : path_ + (root ? "" : "/") + relative;
}

std::string OutputFolder::relative(std::string_view absolute) const {
  if (!absolute.starts_with(path_)) {
    return "";
  }
  absolute.remove_prefix(path_.size());
  if (!path_.ends_with('/')) {
    if (!absolute.starts_with('/')) {
      return "";
    }
    absolute.remove_prefix(1);
  }
  for (std::string_view rest = absolute;;) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.empty() || part == "." || part == "..") {
      return "";
    }
    if (end == rest.size()) {
      return std::string(absolute);
    }
    rest.remove_prefix(end + 1);
  }
}

bool OutputFolder::in_place() const {
  struct stat held {};
  struct stat named {};
  return fstat(descriptor(), &held) == 0 && stat(path_.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

Descriptor OutputFolder::open(const std::string& relative) const {
  Descriptor folder = open_existing(relative);
  if (folder.valid() || errno != ENOENT) {
    return folder;
  }
  folder = open_existing("");
  for (std::size_t begin = 0; folder.valid() && begin < relative.size();) {
    const std::size_t end = std::min(relative.find('/', begin), relative.size());
    const std::string name = relative.substr(begin, end - begin);
    {
      // Another thread that finds the folder and publishes in it must also find it in `unsynced`.
      const std::scoped_lock lock(shared_->mutex);
      if (mkdirat(folder.number(), name.c_str(), kFolderMode) == 0) {
        shared_->unsynced.insert(relative.substr(0, end));
      } else if (errno != EEXIST) {
        return {};
      }
    }
    folder = open_beneath(folder.number(), name, kFolderFlags);
    begin = end + 1;
  }
  return folder;
}

Descriptor OutputFolder::open_existing(const std::string& relative) const {
  return open_beneath(descriptor(), relative.empty() ? "." : relative, kFolderFlags);
}

int OutputFolder::sync(int folder, const std::string& relative) const {
  if (const int error = sync_folder(folder); error != 0) {
    return error;
  }
  for (std::string made = relative; !made.empty(); made = split_path(made).folder) {
    {
      const std::scoped_lock lock(shared_->mutex);
      if (!shared_->unsynced.contains(made)) {
        continue;
      }
    }
    const std::string parent = split_path(made).folder;
    const Descriptor opened = open_existing(parent);
    if (!opened.valid()) {
      return errno;
    }
    if (const int error = sync_folder(opened.number()); error != 0) {
      return error;
    }
    const std::scoped_lock lock(shared_->mutex);
    shared_->unsynced.erase(made);
  }
  return 0;
}

OutputFolder::Reservation::Reservation(const OutputFolder& folder, const std::string& path,
                                       std::uint64_t owner)
    : folder_(folder), key_(std::hash<std::string>{}(path)) {
  Shared& shared = *folder_.shared_;
  const std::scoped_lock lock(shared.mutex);
  const auto [place, inserted] = shared.owners.emplace(key_, owner);
  held_ = place->second == owner;
  fresh_ = inserted;
  if (!inserted) {
    return;
  }
  shared.order.push_back(key_);
  if (shared.order.size() > kReservationsMax) {
    shared.owners.erase(shared.order.front());
    shared.order.pop_front();
  }
}

OutputFolder::Reservation::~Reservation() {
  if (!fresh_) {
    return;
  }
  Shared& shared = *folder_.shared_;
  const std::scoped_lock lock(shared.mutex);
  shared.owners.erase(key_);
  const auto place = std::find(shared.order.rbegin(), shared.order.rend(), key_);
  if (place != shared.order.rend()) {
    shared.order.erase(std::next(place).base());
  }
}

}  // namespace core
