// How long a browser may still keep us waiting.
#pragma once

#include <chrono>
#include <cstddef>

namespace cmd {

/// Any byte would do as a sign of life for a browser that wants to hold a thread; a share of bytes
/// does not. Pure.
class ShareTime {
 public:
  using Duration = std::chrono::steady_clock::duration;

  /// `waiting`: the most that it takes until the browser has taken `share_bytes`.
  ShareTime(Duration waiting, std::size_t share_bytes)
      : waiting_(waiting), share_bytes_(share_bytes), left_(waiting) {}

  [[nodiscard]] Duration left() const { return left_; }
  void waited(Duration time) { left_ -= time; }
  void sent(std::size_t bytes) {
    sent_ += bytes;
    if (sent_ >= share_bytes_) {
      sent_ = 0;
      left_ = waiting_;
    }
  }

 private:
  Duration waiting_;
  std::size_t share_bytes_;
  Duration left_;         // for the share in progress
  std::size_t sent_ = 0;  // of it
};

}  // namespace cmd
