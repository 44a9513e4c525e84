#include "core/http/kept_connections.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>
#include <string>

namespace core {
namespace {

const std::function<bool()> kNoTls;

// Two connected sockets over loopback TCP, as a client and a server have them.
class Pair {
 public:
  Pair() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener, generic, size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, generic, &size), 0);
    remote_port_ = ntohs(address.sin_port);
    client_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(client_, generic, size), 0);
    server_ = accept(listener, nullptr, nullptr);
    EXPECT_EQ(getsockname(client_, generic, &size), 0);
    local_port_ = ntohs(address.sin_port);
    close(listener);
  }
  ~Pair() {
    close(client_);
    close(server_);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  [[nodiscard]] int client() const { return client_; }
  [[nodiscard]] ConnectionEnds ends() const { return {"127.0.0.1", remote_port_, local_port_}; }
  // Returns once the client has the bytes.
  void server_says(const std::string& text) const {
    EXPECT_EQ(write(server_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    std::array<char, 1> byte{};
    EXPECT_EQ(recv(client_, byte.data(), 1, MSG_PEEK), 1);
  }
  void server_ends() const {
    shutdown(server_, SHUT_WR);
    std::array<char, 1> byte{};
    EXPECT_EQ(recv(client_, byte.data(), 1, MSG_PEEK), 0);
  }

 private:
  int client_ = -1;
  int server_ = -1;
  int remote_port_ = 0;
  int local_port_ = 0;
};

// A first transfer over the connection, which is kept afterwards.
void use_first(const Pair& pair, KeptConnections& kept) {
  ConnectionUse use;
  use.begin();
  use.opened(pair.client());
  ASSERT_TRUE(use.may_ask(kept, pair.ends(), kNoTls));
  ASSERT_TRUE(use.is_new());
  use.keep(kept, pair.client());
}

TEST(ConnectionUse, QueriesOverAReusedConnection) {
  const Pair pair;
  KeptConnections kept;
  use_first(pair, kept);
  ConnectionUse use;
  use.begin();
  EXPECT_TRUE(use.may_ask(kept, pair.ends(), kNoTls));
  EXPECT_TRUE(use.is_kept());
  EXPECT_FALSE(use.is_stale());
  EXPECT_FALSE(use.is_new());
}

TEST(ConnectionUse, IsStaleIfTheServerSentUnrequestedBytes) {
  const Pair pair;
  KeptConnections kept;
  use_first(pair, kept);
  pair.server_says("HTTP/1.1 200 OK\r\n");
  ConnectionUse use;
  use.begin();
  EXPECT_FALSE(use.may_ask(kept, pair.ends(), kNoTls));
  EXPECT_TRUE(use.is_stale());
  EXPECT_FALSE(use.answered_early());
  use.begin();
  EXPECT_FALSE(use.is_stale());
}

TEST(ConnectionUse, IsStaleIfTheServerHungUp) {
  const Pair pair;
  KeptConnections kept;
  use_first(pair, kept);
  pair.server_ends();
  ConnectionUse use;
  use.begin();
  EXPECT_FALSE(use.may_ask(kept, pair.ends(), kNoTls));
  EXPECT_TRUE(use.is_stale());
}

TEST(ConnectionUse, IsStaleIfTlsHasUnreadBytes) {
  const Pair pair;
  KeptConnections kept;
  use_first(pair, kept);
  ConnectionUse use;
  use.begin();
  EXPECT_TRUE(use.may_ask(kept, pair.ends(), [] { return false; }));
  EXPECT_FALSE(use.may_ask(kept, pair.ends(), [] { return true; }));
  EXPECT_TRUE(use.is_stale());
}

TEST(ConnectionUse, FindsAnAnswerBeforeTheFirstRequest) {
  const Pair pair;
  const Pair other;
  other.server_says("not of this connection");
  KeptConnections kept;
  ConnectionUse use;
  use.begin();
  use.opened(other.client());  // an address that was tried first
  use.opened(pair.client());
  EXPECT_TRUE(use.may_ask(kept, pair.ends(), kNoTls));
  pair.server_says("HTTP/1.1 200 OK\r\n");
  EXPECT_FALSE(use.may_ask(kept, pair.ends(), kNoTls));
  EXPECT_TRUE(use.answered_early());
  EXPECT_FALSE(use.is_stale());
}

TEST(ConnectionUse, LetsANewTlsConnectionSpeakFirst) {
  const Pair pair;
  KeptConnections kept;
  ConnectionUse use;
  use.begin();
  use.opened(pair.client());
  pair.server_says("session tickets");
  EXPECT_TRUE(use.may_ask(kept, pair.ends(), [] { return true; }));
}

TEST(ConnectionUse, IsNotNewWithoutASocketOfItsOwnOrARequest) {
  const Pair pair;
  KeptConnections kept;
  ConnectionUse use;
  use.begin();
  use.opened(pair.client());
  EXPECT_FALSE(use.is_new());  // no request
  use.begin();
  EXPECT_TRUE(use.may_ask(kept, pair.ends(), kNoTls));
  EXPECT_FALSE(use.is_new());  // shared with another transfer, as over HTTP/2
}

TEST(KeptConnections, ForgetsASocketThatIsClosed) {
  KeptConnections kept;
  const auto key = KeptConnections::key_of({"192.0.2.1", 443, 50'000});
  kept.keep(key, 7);
  EXPECT_EQ(kept.socket_of(key), 7);
  kept.forget(8);
  EXPECT_EQ(kept.size(), 1U);
  kept.forget(7);
  kept.forget(7);
  EXPECT_EQ(kept.socket_of(key), std::nullopt);
  EXPECT_EQ(kept.size(), 0U);
}

TEST(KeptConnections, IdentifiesConnectionsByAddressAndBothPorts) {
  const auto key = KeptConnections::key_of({"192.0.2.1", 443, 50'000});
  EXPECT_NE(key, KeptConnections::key_of({"192.0.2.2", 443, 50'000}));
  EXPECT_NE(key, KeptConnections::key_of({"192.0.2.1", 444, 50'000}));
  EXPECT_NE(key, KeptConnections::key_of({"192.0.2.1", 443, 50'001}));
  EXPECT_EQ(key, KeptConnections::key_of({"192.0.2.1", 443, 50'000}));
}

}  // namespace
}  // namespace core
