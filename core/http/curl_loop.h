// The event loop under libcurl: sockets, time, and the transfers that run.
#pragma once

#include <exception>
#include <vector>

#include "core/clock.h"
#include "core/http/curl_handles.h"
#include "core/http/kept_connections.h"
#include "core/http/socket_set.h"
#include "core/owner_thread.h"

namespace core {

class CurlTransfer;

/// One multi handle, driven by epoll. Callbacks of libcurl only note and collect: what they throw
/// is kept for `rethrow`. Belongs to the thread that made it, but for `sockets().wake()`.
class CurlLoop {
 public:
  /// `connections_max`: kept alive at once. Throws core::Error.
  explicit CurlLoop(long connections_max);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// Starts a transfer, which must outlive its end.
  void add(CurlTransfer& transfer);
  /// Ends all that run: their handlers hear `aborted`.
  void abort();

  /// Does what is due by libcurl's own timer.
  void drive_timer();
  /// Tells the handler of the next transfer that has ended; false: there is none.
  bool end_next();
  /// Waits for sockets until `until`, libcurl's timer or `wake`; whether it was woken. Throws
  /// core::Error.
  bool wait(SteadyTime until);
  /// Throws what a callback threw.
  void rethrow();

  /// Within a callback's `catch`.
  void keep_exception() { thrown_ = std::current_exception(); }
  [[nodiscard]] SocketSet& sockets() { return sockets_; }
  [[nodiscard]] KeptConnections& kept() { return kept_; }
  static int on_close(void* loop, curl_socket_t number);

 private:
  static int on_socket(CURL* easy, curl_socket_t number, int what, void* loop, void* unused);
  static int on_timer(CURLM* multi, long timeout_ms, void* loop);

  OwnerThread owner_;
  SocketSet sockets_;
  KeptConnections kept_;
  MultiHandle multi_;  // calls on_close for every connection that it still has
  SteadyTime timer_ = SteadyTime::max();
  std::vector<CurlTransfer*> running_;
  std::exception_ptr thrown_;
};

}  // namespace core
