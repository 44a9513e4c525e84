#include "storage/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <thread>

#include "storage/ledger_error.h"

namespace storage {
namespace {

constexpr std::chrono::milliseconds kPause{50};

std::string read_holder(int descriptor) {
  std::array<char, 256> text{};
  const ssize_t got = pread(descriptor, text.data(), text.size(), 0);
  return got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : std::string();
}

void write_holder(int descriptor) {
  std::array<char, 128> host{};
  gethostname(host.data(), host.size() - 1);
  const std::string text = "process " + std::to_string(getpid()) + " on " + host.data();
  // Only for people: a failure to write it does no harm.
  if (ftruncate(descriptor, 0) == 0 &&
      pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return;
  }
}

bool try_lock(int descriptor) {
  while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

Lock::Lock(const std::string& ledger_path, std::chrono::milliseconds wait) {
  const std::string path = ledger_path + ".lock";
  std::error_code ignored;
  const auto folder = std::filesystem::absolute(path).parent_path();
  if (!std::filesystem::exists(folder)) {
    std::filesystem::create_directories(folder, ignored);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, ignored);
  }
  descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (descriptor_ < 0) {
    throw core::Error("cannot open the ledger's lock " + path + ": " +
                      std::generic_category().message(errno) +
                      "; check the permissions of its folder");
  }
  const auto until = std::chrono::steady_clock::now() + wait;
  while (!try_lock(descriptor_)) {
    if (std::chrono::steady_clock::now() >= until) {
      const std::string holder = read_holder(descriptor_);
      close(descriptor_);
      throw LedgerBusy("another run holds the ledger " + ledger_path +
                       (holder.empty() ? "" : " (" + holder + ")") +
                       "; wait for it with --lock-wait, or let it finish");
    }
    std::this_thread::sleep_for(kPause);
  }
  write_holder(descriptor_);
}

Lock::~Lock() { close(descriptor_); }

std::string lock_holder(const std::string& ledger_path) {
  const int descriptor = open((ledger_path + ".lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) {
    return {};
  }
  // A shared lock is refused while a run holds its exclusive one.
  const bool is_free = flock(descriptor, LOCK_SH | LOCK_NB) == 0;
  std::string holder = is_free ? std::string() : read_holder(descriptor);
  close(descriptor);
  return is_free || !holder.empty() ? holder : "somebody";
}

}  // namespace storage
