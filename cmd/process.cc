#include "cmd/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "core/error.h"

namespace cmd {
namespace {

void open_closed_descriptors() {
  constexpr std::array<int, 3> kModes{O_RDONLY, O_RDONLY, O_WRONLY};
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is the one wanted, for those below it are open by now.
    if (::open("/dev/null", kModes[static_cast<std::size_t>(fd)]) != fd) {
      throw core::Error("cannot open /dev/null in place of the closed file descriptor " +
                        std::to_string(fd));
    }
  }
}

}  // namespace

void prepare_process() {
  open_closed_descriptors();
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  ::umask(kOthers);
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  // It can only be refused where raising is; to lower is always allowed.
  ::setrlimit(RLIMIT_CORE, &none);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace cmd
