#include "core/http/kept_connections.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace core {
namespace {

// Whether an idle socket has bytes, an end of stream or an error.
bool is_readable(int socket) {
  char byte = 0;
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
         (errno != EAGAIN && errno != EINTR);
}

int port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  // The port is at the same position in both address families.
  return getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0
             ? 0
             : ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

}  // namespace

KeptConnections::Key KeptConnections::key_of(const ConnectionEnds& ends) {
  constexpr unsigned kPortBits = 16;
  const Key ports =
      (static_cast<Key>(ends.remote_port) << kPortBits) + static_cast<Key>(ends.local_port);
  const Key key = (std::hash<std::string_view>{}(ends.remote_address) << (2 * kPortBits)) ^ ports;
  return key == 0 ? 1 : key;
}

void KeptConnections::keep(Key key, int socket) {
  assert(key != 0 && socket >= 0);
  const auto index = static_cast<std::size_t>(socket);
  if (index >= keys_.size()) {
    keys_.resize(index + 1);
  }
  keys_[index] = key;
  sockets_[key] = socket;
}

std::optional<int> KeptConnections::socket_of(Key key) const {
  const auto found = sockets_.find(key);
  return found == sockets_.end() ? std::nullopt : std::optional(found->second);
}

void KeptConnections::forget(int socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index < keys_.size() && keys_[index] != 0) {
    sockets_.erase(keys_[index]);
    keys_[index] = 0;
  }
}

void ConnectionUse::begin() {
  key_ = 0;
  opened_.clear();
  kept_ = stale_ = answered_early_ = false;
}

bool ConnectionUse::may_ask(const KeptConnections& kept, const ConnectionEnds& ends,
                            const std::function<bool()>& has_unread_tls) {
  key_ = KeptConnections::key_of(ends);
  const std::optional<int> socket = kept.socket_of(key_);
  kept_ = socket.has_value();
  if (kept_) {
    stale_ = is_readable(*socket) || (has_unread_tls && has_unread_tls());
  } else {
    // A new TLS connection has unread session tickets of the server.
    answered_early_ =
        !has_unread_tls && std::any_of(opened_.begin(), opened_.end(), [&ends](int opened) {
          return port_of(opened) == ends.local_port && is_readable(opened);
        });
  }
  return !stale_ && !answered_early_;
}

void ConnectionUse::keep(KeptConnections& kept, int socket) const {
  assert(is_new());
  kept.keep(key_, socket);
}

}  // namespace core
