#include "cmd/os/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <utility>

#include "cmd/cli/exit_code.h"
#include "core/error.h"

namespace cmd {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A disk or a name server can block a thread for too long: after this time the process ends
// immediately, as after kill -9.
constexpr milliseconds kEndWithin{4'800};    // design.md, section 1: 5 s
constexpr milliseconds kAbortWithin{1'000};  // after a second signal

// For poll: milliseconds until `end`; -1 (no limit) without one.
int left(const std::optional<steady_clock::time_point>& end) {
  if (!end) {
    return -1;
  }
  const auto rest = std::chrono::ceil<milliseconds>(*end - steady_clock::now());
  return static_cast<int>(std::max(rest, milliseconds(0)).count());
}

}  // namespace

Interrupt::Interrupt() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) {
    sigaddset(&set, number);
  }
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = core::Descriptor(signalfd(-1, &set, SFD_CLOEXEC));
  quit_ = core::Descriptor(eventfd(0, EFD_CLOEXEC));
  stop_ = core::Descriptor(eventfd(0, EFD_CLOEXEC));
  if (!signals_.valid() || !quit_.valid() || !stop_.valid()) {
    throw core::Error("cannot listen for signals: the kernel refuses a file descriptor");
  }
  thread_ = std::thread([this] { receive(); });
}

Interrupt::~Interrupt() {
  const std::uint64_t one = 1;
  if (write(quit_.number(), &one, sizeof one) == static_cast<ssize_t>(sizeof one)) {
    thread_.join();
  } else {
    thread_.detach();  // cannot happen on an eventfd; the process is about to end
  }
}

void Interrupt::wake_with(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void Interrupt::receive() {
  std::optional<steady_clock::time_point> end;
  for (;;) {
    pollfd ready[] = {{signals_.number(), POLLIN, 0}, {quit_.number(), POLLIN, 0}};
    const int count = poll(ready, 2, left(end));
    if (count < 0) {
      continue;  // EINTR: nothing else can go wrong with two valid descriptors
    }
    if (count == 0) {
      _exit(exit_number(exit_code_of_signal(signal_.load())));
    }
    if (ready[1].revents != 0) {
      return;
    }
    signalfd_siginfo info{};
    if (read(signals_.number(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      handle(static_cast<int>(info.ssi_signo));
    }
    if (level_.load() > 0) {
      const auto latest = steady_clock::now() + (level_.load() > 1 ? kAbortWithin : kEndWithin);
      end = std::min(end.value_or(latest), latest);
    }
  }
}

void Interrupt::handle(int number) {
  if (number == SIGUSR1) {
    report_ = true;
  } else {
    int none = 0;
    signal_.compare_exchange_strong(none, number);
    const std::uint64_t one = 1;
    static_cast<void>(!write(stop_.number(), &one, sizeof one));  // cannot fail on an eventfd
    if (level_.fetch_add(1) >= 2) {
      _exit(exit_number(exit_code_of_signal(signal_.load())));
    }
  }
  const std::lock_guard lock(mutex_);
  if (wake_) {
    wake_();
  }
}

}  // namespace cmd
