// Reused connections, and unrequested bytes on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace core {

/// The two ends of a connection, as libcurl reports them just before a request.
struct ConnectionEnds {
  std::string_view remote_address;
  int remote_port = 0;
  int local_port = 0;
};

/// HTTP/1.1 connections that may be reused. On such a connection only the order tells to which
/// request an answer belongs: bytes that arrived before a request belong to none. (HTTP/2 numbers
/// its streams, and may send when idle.) One thread.
class KeptConnections {
 public:
  /// Identifies a connection. Never 0.
  using Key = std::uint64_t;
  [[nodiscard]] static Key key_of(const ConnectionEnds& ends);

  void keep(Key key, int socket);
  [[nodiscard]] std::optional<int> socket_of(Key key) const;
  /// To be called before the socket is closed.
  void forget(int socket);
  [[nodiscard]] std::size_t size() const { return sockets_.size(); }

 private:
  std::unordered_map<Key, int> sockets_;
  std::vector<Key> keys_;  // by socket; 0: none
};

/// The connection of one transfer, from its start to its end. One thread.
class ConnectionUse {
 public:
  /// Begins a new transfer.
  void begin();
  /// A socket was opened for the transfer; the last one is in use, or being connected.
  void opened(int socket) { opened_.push_back(socket); }
  /// To be called just before the request, which must not be sent if the result is false: then
  /// is_stale() or answered_early(). `has_unread_tls`: whether TLS has unread bytes; none without
  /// TLS.
  [[nodiscard]] bool may_ask(const KeptConnections& kept, const ConnectionEnds& ends,
                             const std::function<bool()>& has_unread_tls);
  /// It was opened for this transfer, and the request was about to be sent.
  [[nodiscard]] bool is_new() const { return key_ != 0 && !kept_ && !opened_.empty(); }
  /// To be called after the transfer, when its connection, over `socket`, may be reused.
  void keep(KeptConnections& kept, int socket) const;

  /// The connection was used before.
  [[nodiscard]] bool is_kept() const { return kept_; }
  /// It was reused, and had unrequested bytes: query over a new one.
  [[nodiscard]] bool is_stale() const { return stale_; }
  /// It was new, and had an answer before the request.
  [[nodiscard]] bool answered_early() const { return answered_early_; }

 private:
  KeptConnections::Key key_ = 0;  // 0: no request was about to be sent
  std::vector<int> opened_;
  bool kept_ = false;
  bool stale_ = false;
  bool answered_early_ = false;
};

}  // namespace core
