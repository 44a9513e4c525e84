// The sockets of the event loop.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/files/descriptor.h"

namespace core {

/// An epoll set of libcurl's sockets, with a way to wake the waiting thread. One thread, except
/// `wake`.
class SocketSet {
 public:
  /// Receives the number and the EPOLL* events of each ready socket.
  using OnReady = std::function<void(int number, std::uint32_t events)>;

  /// Throws core::Error.
  SocketSet();

  /// Opens a socket for libcurl; -1 on failure. It must be closed with `close`.
  [[nodiscard]] int open(int family, int type, int protocol);
  int close(int number);
  [[nodiscard]] bool is_ours(int number) { return socket(number).is_ours; }
  /// The number of sockets opened so far.
  [[nodiscard]] std::int64_t opened() const { return opened_; }

  /// `what`: CURL_POLL_* as requested by libcurl. Throws core::Error.
  void watch(int number, int what);
  /// Waits for at most `milliseconds`; returns whether it was woken. Throws core::Error.
  bool wait(int milliseconds, const OnReady& on_ready);
  /// Ends the current or the next `wait`. Any thread; async-signal-safe.
  void wake() const;

 private:
  struct Socket {
    bool is_ours = false;        // opened here, so it is closed here
    bool is_registered = false;  // in the epoll set
    int wanted = 0;              // the events that libcurl waits for: CURL_POLL_*; 0: none
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
