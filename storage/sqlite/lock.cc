#include "storage/sqlite/lock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "core/error.h"
#include "core/files/beneath.h"
#include "core/files/read_whole.h"
#include "storage/ledger_error.h"
#include "storage/sqlite/private_folder.h"

namespace storage {
namespace {

constexpr int kPauseMs = 20;

std::string read_holder(int descriptor) {
  std::array<char, 256> text{};
  const ssize_t got = core::read_at(descriptor, text.data(), text.size(), 0);
  return got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : std::string();
}

void write_holder(int descriptor) {
  std::array<char, 128> host{};
  gethostname(host.data(), host.size() - 1);
  const std::string text = "process " + std::to_string(getpid()) + " on " + host.data();
  // Only informative: a failure to write it is harmless.
  if (ftruncate(descriptor, 0) == 0) {
    std::size_t written = 0;
    static_cast<void>(core::write_at(descriptor, text, 0, written));
  }
}

bool try_lock(int descriptor, const std::string& path) {
  while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return false;
    }
    if (errno != EINTR) {
      throw core::Error("cannot lock " + path + ": " + core::errno_text(errno) +
                        "; the ledger needs a local file system");
    }
  }
  return true;
}

// A flock can only be tested by taking it, which refuses other processes for that moment. So the
// holder also sets an fcntl lock, which can be queried without being taken (fcntl(2), F_OFD_GETLK).
void show_that_it_is_held(int descriptor) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  // Only informative: a file system without such locks is no problem.
  static_cast<void>(fcntl(descriptor, F_OFD_SETLK, &whole));
}

bool shows_that_it_is_held(int descriptor) {
  struct flock whole {};
  whole.l_type = F_RDLCK;
  return fcntl(descriptor, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

// The process that creates the file must remove it, so it has to know whether it created it.
core::Descriptor open_or_make(const std::string& path, bool& made) {
  constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  constexpr mode_t kMode = S_IRUSR | S_IWUSR;
  constexpr int kTriesMax = 1000;  // failing starts may remove it between the two opens
  core::Descriptor file;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    file = core::Descriptor(open(path.c_str(), kFlags | O_CREAT | O_EXCL, kMode));
    made = file.valid();
    if (made || errno != EEXIST) {
      break;
    }
    file = core::Descriptor(open(path.c_str(), kFlags));
    if (file.valid() || errno != ENOENT) {
      break;
    }
  }
  if (!file.valid()) {
    throw core::Error("cannot open the ledger's lock " + path + ": " + core::errno_text(errno) +
                      "; check the permissions of its folder");
  }
  return file;
}

}  // namespace

Lock::Lock(const std::string& ledger_path, std::chrono::milliseconds wait, int stop)
    : ledger_path_(ledger_path), path_(ledger_path + ".lock") {
  make_private_folder(std::filesystem::absolute(path_).parent_path());
  const auto until = std::chrono::steady_clock::now() + wait;
  // A start that fails removes its file while it holds the lock on it. A process that waited for
  // that lock then holds the lock of a file that nobody else can find: it must try again.
  constexpr int kTriesMax = 1000;
  for (int tries = 1; !open_and_lock(until, stop); ++tries) {
    if (tries == kTriesMax) {
      throw core::Error("cannot hold the ledger's lock " + path_ +
                        ": it cannot be examined, or is replaced all the time; check its folder");
    }
  }
  write_holder(file_.number());
  show_that_it_is_held(file_.number());
}

bool Lock::open_and_lock(std::chrono::steady_clock::time_point until, int stop) {
  file_ = open_or_make(path_, made_);
  while (!try_lock(file_.number(), path_)) {
    if (std::chrono::steady_clock::now() >= until) {
      const std::string holder = read_holder(file_.number());
      throw LedgerBusy("another run holds the ledger " + ledger_path_ +
                       (holder.empty() ? "" : " (" + holder + ")") +
                       "; wait for it with --lock-wait, or let it finish");
    }
    pollfd stopped{stop, POLLIN, 0};
    if (poll(&stopped, 1, kPauseMs) > 0) {
      throw core::Stopped("stopped while another run holds the ledger");
    }
  }
  return is_in_place();
}

bool Lock::is_in_place() const {
  struct stat ours {};
  struct stat there {};
  return fstat(file_.number(), &ours) == 0 && lstat(path_.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

void Lock::require_in_place() const {
  if (!is_in_place()) {
    throw core::Error("the lock file " + path_ +
                      " was removed or replaced while this run held it, so another run may have "
                      "worked on the ledger at the same time; run `reeltally db check`, and let "
                      "nobody remove that file");
  }
}

Lock::~Lock() {
  if (made_ && is_in_place()) {
    unlink(path_.c_str());
  }
}

std::string lock_holder(const std::string& ledger_path) {
  const core::Descriptor file(
      open((ledger_path + ".lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) {
    return {};
  }
  const bool is_held = shows_that_it_is_held(file.number());
  std::string holder = is_held ? read_holder(file.number()) : std::string();
  return is_held && holder.empty() ? "somebody" : holder;
}

}  // namespace storage
