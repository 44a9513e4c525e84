// Connections that are used again, and what a server may have sent there unasked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace core {

/// The two ends of a connection: what libcurl knows of it just before a request.
struct ConnectionEnds {
  std::string_view remote_address;
  int remote_port = 0;
  int local_port = 0;
};

/// HTTP/1.1 connections that were used and may be used again. On such a connection nothing but its
/// place tells whose answer the next one is: what came before a request belongs to nobody. (HTTP/2
/// names its streams, and speaks when idle.) One thread.
class KeptConnections {
 public:
  /// Tells connections apart. Never 0.
  using Key = std::uint64_t;
  [[nodiscard]] static Key key_of(const ConnectionEnds& ends);

  void keep(Key key, int socket);
  [[nodiscard]] std::optional<int> socket_of(Key key) const;
  /// Before the socket is closed.
  void forget(int socket);
  [[nodiscard]] std::size_t size() const { return sockets_.size(); }

 private:
  std::unordered_map<Key, int> sockets_;
  std::vector<Key> keys_;  // by socket; 0: none
};

/// What one transfer knows of its connection, from its start to its end. One thread.
class ConnectionUse {
 public:
  /// A new transfer.
  void begin();
  /// A socket was opened for it: the last one is tried, or in use.
  void opened(int socket) { opened_.push_back(socket); }
  /// Just before the request; false: it must not be sent, since is_stale() or answered_early().
  /// `has_unread_tls`: whether TLS has read bytes that nobody took; none: there is no TLS.
  [[nodiscard]] bool may_ask(const KeptConnections& kept, const ConnectionEnds& ends,
                             const std::function<bool()>& has_unread_tls);
  /// It was opened for this transfer, and came as far as its request.
  [[nodiscard]] bool is_new() const { return key_ != 0 && !kept_ && !opened_.empty(); }
  /// After the transfer, once its connection, over `socket`, may serve others.
  void keep(KeptConnections& kept, int socket) const;

  /// The connection was used before.
  [[nodiscard]] bool is_kept() const { return kept_; }
  /// It was kept, and held what nobody had asked for: ask over a new one.
  [[nodiscard]] bool is_stale() const { return stale_; }
  /// It was new, and held an answer before the request.
  [[nodiscard]] bool answered_early() const { return answered_early_; }

 private:
  KeptConnections::Key key_ = 0;  // 0: no request was about to be sent
  std::vector<int> opened_;
  bool kept_ = false;
  bool stale_ = false;
  bool answered_early_ = false;
};

}  // namespace core
