// The socket of one browser, with a limit on everything.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include "cmd/serve/share_time.h"
#include "core/files/descriptor.h"

namespace cmd {

/// How long a browser may hold a thread.
struct PeerLimits {
  std::chrono::milliseconds request_time = std::chrono::seconds(3);
  ShareTime::Duration waiting = std::chrono::seconds(30);  ///< for each share
  std::size_t share_bytes = 256 << 10;
};

/// One thread. Nothing throws: after the first failure every call fails.
class Peer {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  /// `socket` is non-blocking. Once `stop_fd` is readable, everything fails.
  Peer(core::Descriptor socket, int stop_fd, const PeerLimits& limits = PeerLimits());

  /// At least one byte of the request; 0 at its end, -1 after a failure: the request took too
  /// long or is over 32 KiB.
  [[nodiscard]] std::ptrdiff_t read(char* bytes, std::size_t count);
  /// All bytes. False after a failure: the browser took less than a share in its time.
  [[nodiscard]] bool write(std::string_view bytes);
  /// Ends the connection so that the browser still gets what was sent, whatever it has sent itself.
  void close();
  [[nodiscard]] bool has_failed() const { return failed_; }
  [[nodiscard]] int number() const { return socket_.number(); }

 private:
  [[nodiscard]] bool wait(short events, SteadyTime until);
  std::ptrdiff_t fail();

  core::Descriptor socket_;
  int stop_fd_;
  SteadyTime request_end_;
  ShareTime share_time_;
  std::vector<char> buffer_;
  std::size_t next_ = 0;
  std::size_t received_ = 0;
  bool failed_ = false;
};

}  // namespace cmd
