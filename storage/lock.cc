#include "storage/lock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "storage/ledger_error.h"
#include "storage/private_folder.h"

namespace storage {
namespace {

constexpr int kPauseMs = 20;

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

bool try_lock(int descriptor, const std::string& path) {
  while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return false;
    }
    if (errno != EINTR) {
      throw core::Error("cannot lock " + path + ": " + std::generic_category().message(errno) +
                        "; the ledger needs a local file system");
    }
  }
  return true;
}

// flock can only be tried, and who tries it refuses others for that moment. So the holder sets an
// fcntl lock too, which can be asked for without being taken (fcntl(2), F_OFD_GETLK).
void show_that_it_is_held(int descriptor) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  // Only for people: a file system without it does no harm.
  static_cast<void>(fcntl(descriptor, F_OFD_SETLK, &whole));
}

bool shows_that_it_is_held(int descriptor) {
  struct flock whole {};
  whole.l_type = F_RDLCK;
  return fcntl(descriptor, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

// Closes unless the lock was taken.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace

Lock::Lock(const std::string& ledger_path, std::chrono::milliseconds wait, int stop) {
  const std::string path = ledger_path + ".lock";
  make_private_folder(std::filesystem::absolute(path).parent_path());
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (file.number() < 0) {
    throw core::Error("cannot open the ledger's lock " + path + ": " +
                      std::generic_category().message(errno) +
                      "; check the permissions of its folder");
  }
  const auto until = std::chrono::steady_clock::now() + wait;
  while (!try_lock(file.number(), path)) {
    if (std::chrono::steady_clock::now() >= until) {
      const std::string holder = read_holder(file.number());
      throw LedgerBusy("another run holds the ledger " + ledger_path +
                       (holder.empty() ? "" : " (" + holder + ")") +
                       "; wait for it with --lock-wait, or let it finish");
    }
    pollfd stopped{stop, POLLIN, 0};
    if (poll(&stopped, 1, kPauseMs) > 0) {
      throw core::Stopped("stopped while another run holds the ledger");
    }
  }
  write_holder(file.number());
  show_that_it_is_held(file.number());
  descriptor_ = file.release();
}

Lock::~Lock() { close(descriptor_); }

std::string lock_holder(const std::string& ledger_path) {
  const int descriptor = open((ledger_path + ".lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) {
    return {};
  }
  const bool is_held = shows_that_it_is_held(descriptor);
  std::string holder = is_held ? read_holder(descriptor) : std::string();
  close(descriptor);
  return is_held && holder.empty() ? "somebody" : holder;
}

}  // namespace storage
