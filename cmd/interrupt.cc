#include "cmd/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <utility>

#include "cmd/exit_code.h"
#include "core/error.h"

namespace cmd {

Interrupt::Interrupt() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) {
    sigaddset(&set, number);
  }
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  quit_ = eventfd(0, EFD_CLOEXEC);
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || quit_ < 0 || stop_ < 0) {
    throw core::Error("cannot listen for signals: the kernel refuses a file descriptor");
  }
  thread_ = std::thread([this] { receive(); });
}

Interrupt::~Interrupt() {
  const std::uint64_t one = 1;
  if (write(quit_, &one, sizeof one) == static_cast<ssize_t>(sizeof one)) {
    thread_.join();
  } else {
    thread_.detach();  // cannot happen on an eventfd; the process is about to end
  }
  close(signals_);
  close(quit_);
  close(stop_);
}

void Interrupt::wake_with(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void Interrupt::receive() {
  for (;;) {
    pollfd ready[] = {{signals_, POLLIN, 0}, {quit_, POLLIN, 0}};
    if (poll(ready, 2, -1) < 0) {
      continue;  // EINTR: nothing else can go wrong with two valid descriptors
    }
    if (ready[1].revents != 0) {
      return;
    }
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      handle(static_cast<int>(info.ssi_signo));
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
    static_cast<void>(!write(stop_, &one, sizeof one));  // cannot fail on an eventfd
    if (level_.fetch_add(1) >= 2) {
      _exit(kSignalBase + signal_.load());
    }
  }
  const std::lock_guard lock(mutex_);
  if (wake_) {
    wake_();
  }
}

}  // namespace cmd
