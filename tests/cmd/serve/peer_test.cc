#include "cmd/serve/peer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
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

  core::Descriptor ours_;
  core::Descriptor theirs_;
};

TEST_F(PeerTest, EndsABrowserThatTakesNoShare) {
  cmd::Peer peer(std::move(ours_), -1, {.waiting = 20ms, .share_bytes = 256 << 10});
  EXPECT_FALSE(peer.write(std::string(1 << 20, 'x')));
  EXPECT_TRUE(peer.has_failed());
  EXPECT_FALSE(peer.write("x"));
}

TEST_F(PeerTest, SendsAllToABrowserThatTakesIt) {
  constexpr std::size_t kBytes = 1 << 20;
  cmd::Peer peer(std::move(ours_), -1, {.share_bytes = 1 << 10});
  std::size_t taken = 0;
  std::thread browser([this, &taken] {
    std::vector<char> bytes(4 << 10);
    for (ssize_t got = 0; (got = ::recv(theirs_.number(), bytes.data(), bytes.size(), 0)) > 0;) {
      taken += static_cast<std::size_t>(got);
    }
  });
  EXPECT_TRUE(peer.write(std::string(kBytes, 'x')));
  peer.close();
  browser.join();
  EXPECT_EQ(taken, kBytes);
}

}  // namespace
