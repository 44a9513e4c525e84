// The sockets that the event loop waits for.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/files/descriptor.h"

namespace core {

/// An epoll set over libcurl's sockets, and a way to wake who waits. One thread, but for `wake`.
class SocketSet {
 public:
  /// Of each socket that is ready: its number and its EPOLL* events.
  using OnReady = std::function<void(int number, std::uint32_t events)>;

  /// Throws core::Error.
  SocketSet();

  /// A new socket for libcurl, -1 if there is none. It must be closed by `close`.
  [[nodiscard]] int open(int family, int type, int protocol);
  int close(int number);
  [[nodiscard]] bool is_ours(int number) { return socket(number).is_ours; }
  /// Opened so far.
  [[nodiscard]] std::int64_t opened() const { return opened_; }

  /// `what`: CURL_POLL_* as libcurl asks for it. Throws core::Error.
  void watch(int number, int what);
  /// Waits for at most `milliseconds`; whether it was woken. Throws core::Error.
  bool wait(int milliseconds, const OnReady& on_ready);
  /// Ends the running or the next `wait`. Any thread; async-signal-safe.
  void wake() const;

 private:
  struct Socket {
    bool is_ours = false;        // opened here, so closed here too
    bool is_registered = false;  // in the epoll set
    int wanted = 0;              // what libcurl waits for: CURL_POLL_*; 0: nothing
    std::uint32_t events = 0;
  };

  Socket& socket(int number);
  void unregister(int number);
  [[nodiscard]] bool add_or_change(int number, std::uint32_t events, bool is_registered) const;
  bool drain_wake() const;

  Descriptor epoll_;
  Descriptor wake_;
  std::vector<Socket> sockets_;  // by number
  std::int64_t opened_ = 0;
  std::vector<epoll_event> ready_;
};

}  // namespace core
