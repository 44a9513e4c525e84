#include "cmd/os/interrupt.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

namespace {

// A child process, because signals concern the whole process.
int code_of_child(void (*body)()) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(99);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Interrupt, ABlockedThreadDoesNotDelayTheEndOfTheProcess) {
  const auto begin = std::chrono::steady_clock::now();
  const int code = code_of_child([] {
    const cmd::Interrupt interrupt;
    kill(getpid(), SIGTERM);
    while (interrupt.level() == 0) {
      std::this_thread::yield();
    }
    kill(getpid(), SIGINT);
    for (;;) {
      pause();  // like a thread that waits for a disk
    }
  });
  EXPECT_EQ(code, 128 + SIGTERM) << "the first signal names the exit code";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
}

}  // namespace
