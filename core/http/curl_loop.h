// The event loop for libcurl: sockets, time, and the running transfers.
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

/// One multi handle, driven by epoll. libcurl's callbacks only collect; exceptions in them are
/// stored for `rethrow`. Belongs to the thread that created it, except `sockets().wake()`.
class CurlLoop {
 public:
  /// `connections_max`: how many connections are kept alive. Throws core::Error.
  explicit CurlLoop(long connections_max);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// Starts a transfer, which must exist until it ends.
  void add(CurlTransfer& transfer);
  /// Ends all running transfers by calling `aborted` of their handlers.
  void abort();

  /// Does what libcurl's own timer requires.
  void drive_timer();
  /// Calls the handler of the next ended transfer; false if there is none.
  bool end_next();
  /// Waits for sockets, until `until`, libcurl's timer or `wake`; returns whether it was woken.
  /// Throws core::Error.
  bool wait(SteadyTime until);
  /// Throws the exception of a callback, if there was one.
  void rethrow();

  /// To be called in the `catch` of a callback.
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
  MultiHandle multi_;  // its destructor calls on_close for every open connection
  SteadyTime timer_ = SteadyTime::max();
  std::vector<CurlTransfer*> running_;
  std::exception_ptr thrown_;
};

}  // namespace core
