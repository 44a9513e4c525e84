// The URLs of one video: which one is tried next, and the combined result of all failures.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"

namespace core {

/// Pure; one thread at a time. URLs are numbered as in `candidate`.
class LinkAttempts {
 public:
  enum class Turn {
    none,     ///< no URL is worth another try
    another,  ///< an untried URL, or the next one of a repeated round
    repeat,   ///< all were tried: a new round with the URLs that may still work
  };

  explicit LinkAttempts(std::size_t urls);

  /// The URL to try now.
  [[nodiscard]] std::size_t current() const { return current_; }
  /// The current URL failed.
  void fail(FetchFailure failure);
  /// The failure of the current URL.
  [[nodiscard]] const FetchFailure& last_failure() const;
  [[nodiscard]] const FetchFailure& first_failure() const;
  /// Moves to the next URL. Each one is tried before any is tried again.
  [[nodiscard]] Turn advance(bool may_repeat);

  /// Whether a server of one of the URLs refused the video.
  [[nodiscard]] bool was_refused() const;
  /// Whether the gateway may have replaced one of the URLs since. Only after all were tried.
  [[nodiscard]] bool may_be_replaced() const;

  struct End {
    VideoState state = VideoState::wanted;
    std::string why;  ///< the failure of the last URL that ended in this state
  };
  /// The new state of the video. Only after all were tried.
  [[nodiscard]] End end(const VideoLink& link, std::optional<UtcTime> first_refusal,
                        UtcTime now) const;

 private:
  [[nodiscard]] bool may_do(std::size_t number) const;

  std::vector<std::optional<FetchFailure>> failures_;  // of each URL, the latest
  std::size_t current_ = 0;
};

}  // namespace core
