// The URLs of one video: whose turn it is, and what the failures of all of them come to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"

namespace core {

/// Pure; one thread at a time. URLs are numbered as by `candidate`.
class LinkAttempts {
 public:
  enum class Turn {
    none,     ///< no URL is worth another try
    another,  ///< one that was not tried yet, or whose turn comes again after the others'
    repeat,   ///< all had their turn: from the first one that may do better
  };

  explicit LinkAttempts(std::size_t urls);

  /// The URL whose turn it is.
  [[nodiscard]] std::size_t current() const { return current_; }
  /// It failed.
  void fail(FetchFailure failure);
  /// The failure of the URL whose turn it is.
  [[nodiscard]] const FetchFailure& last_failure() const;
  [[nodiscard]] const FetchFailure& first_failure() const;
  /// Moves on to the next URL. Each has its turn before any of them is tried again.
  [[nodiscard]] Turn advance(bool may_repeat);

  /// Whether one of their servers refused the video.
  [[nodiscard]] bool was_refused() const;
  /// Whether the gateway may have replaced one of them since. All were tried.
  [[nodiscard]] bool may_be_replaced() const;

  struct End {
    VideoState state = VideoState::wanted;
    std::string why;  ///< of the last URL whose own end is the video's
  };
  /// What becomes of the video. All were tried.
  [[nodiscard]] End end(const VideoLink& link, std::optional<UtcTime> first_refusal,
                        UtcTime now) const;

 private:
  [[nodiscard]] bool may_do(std::size_t number) const;

  std::vector<std::optional<FetchFailure>> failures_;  // of each URL, the latest
  std::size_t current_ = 0;
};

}  // namespace core
