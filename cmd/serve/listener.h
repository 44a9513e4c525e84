// The listening socket and the threads that answer.
#pragma once

#include <functional>

#include "cmd/serve/listen_address.h"
#include "cmd/serve/peer.h"
#include "core/files/descriptor.h"

namespace cmd {

/// One thread, which makes others.
class Listener {
 public:
  /// Throws core::UsageError if the address is taken or not this machine's, core::Error otherwise.
  explicit Listener(const ListenAddress& wanted);

  /// With the port that was taken, if any would do.
  [[nodiscard]] const ListenAddress& address() const { return address_; }

  /// Answers until `stop_fd` is readable. `answer` is called on many threads; browsers that come
  /// when all of these are busy wait. False if a thread does not come back soon after the stop: the
  /// process must end, because its threads cannot be joined.
  [[nodiscard]] bool serve(const std::function<void(Peer&)>& answer, int stop_fd);

 private:
  ListenAddress address_;
  core::Descriptor socket_;
};

}  // namespace cmd
