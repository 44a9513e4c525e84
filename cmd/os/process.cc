#include "cmd/os/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "cmd/cli/exit_code.h"
#include "core/error.h"

namespace cmd {
namespace {

void open_closed_descriptors() {
  constexpr std::array<int, 3> kModes{O_RDONLY, O_RDONLY, O_WRONLY};
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) {
      continue;
    }
    // open returns the lowest free number, which is this one: lower ones are already open.
    if (::open("/dev/null", kModes[static_cast<std::size_t>(fd)]) != fd) {
      throw core::Error("cannot open /dev/null in place of the closed file descriptor " +
                        std::to_string(fd));
    }
  }
}

// The kernel ignores signals to process 1, as which a container's program runs, where they would
// have their default action; without this, only SIGKILL would end a command that does not wait for
// signals (interrupt.h).
void end_as_others_do() {
  if (::getpid() != 1) {
    return;
  }
  for (const int number : {SIGINT, SIGTERM}) {
    std::signal(number, [](int received) { _exit(exit_number(exit_code_of_signal(received))); });
  }
}

}  // namespace

void prepare_process() {
  open_closed_descriptors();
  end_as_others_do();
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  ::umask(kOthers);
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  // Lowering a limit is always allowed; only raising it can fail.
  ::setrlimit(RLIMIT_CORE, &none);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // ignored, it would hide how a child ended
  // By default glibc keeps blocks of up to 32 MiB in its heap once one was freed, so that a few
  // large answers would fragment it for the whole run. The second value is the trim threshold that
  // glibc would choose by itself once a block of 2 MiB was freed.
  constexpr int kMapped = 1 << 20;
  constexpr int kTrimmed = 4 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kMapped);
  ::mallopt(M_TRIM_THRESHOLD, kTrimmed);
}

std::uint64_t allow_open_files(std::uint64_t wanted) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
    return wanted;
  }
  if (files.rlim_cur < wanted && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = std::min<rlim_t>(wanted, files.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::getrlimit(RLIMIT_NOFILE, &files);
  }
  return files.rlim_cur;
}

std::string host_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return host.data();
}

}  // namespace cmd
