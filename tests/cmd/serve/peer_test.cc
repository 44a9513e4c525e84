#include "cmd/serve/peer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

class PeerTest : public testing::Test {
 protected:
  PeerTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const int small = 4096;
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    ours_ = core::Descriptor(ends[0]);
    theirs_ = core::Descriptor(ends[1]);
  }

  // What the browser takes, this many bytes at a time, until the end or `done_`.
  void take(std::size_t step, std::chrono::milliseconds pause) {
    std::vector<char> bytes(step);
    while (!done_ && ::recv(theirs_.number(), bytes.data(), step, 0) > 0) {
      std::this_thread::sleep_for(pause);
    }
  }

  core::Descriptor ours_;
  core::Descriptor theirs_;
  std::atomic<bool> done_ = false;
};

TEST_F(PeerTest, EndsABrowserThatTakesAByteNowAndThen) {
  cmd::Peer peer(std::move(ours_), -1, {.waiting = 200ms, .share_bytes = 256 << 10});
  std::thread browser([this] { take(1024, 5ms); });
  EXPECT_FALSE(peer.write(std::string(1 << 20, 'x')));
  EXPECT_TRUE(peer.has_failed());
  done_ = true;
  peer.close();
  browser.join();
}

TEST_F(PeerTest, KeepsABrowserThatTakesItsShare) {
  // The whole takes several times the wait for one share.
  cmd::Peer peer(std::move(ours_), -1, {.waiting = 10s, .share_bytes = 1 << 10});
  std::thread browser([this] { take(4 << 10, 1ms); });
  for (int i = 0; i < 16; ++i) {
    EXPECT_TRUE(peer.write(std::string(16 << 10, 'x')));
  }
  peer.close();
  browser.join();
}

}  // namespace
