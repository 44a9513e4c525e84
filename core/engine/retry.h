// The delay before a retry: exponential back-off with full jitter.
#pragma once

#include <chrono>

namespace core {

/// `--retries` and the limits of the back-off (design.md, section 1).
struct RetryPolicy {
  int retries = 0;
  std::chrono::milliseconds first_delay_max{1'000};
  std::chrono::milliseconds delay_max{60'000};
};

/// The delay before retry number `retry` (from 1): the random number `unit` (0 … 1) times an upper
/// bound, which doubles with each retry up to `delay_max`. Full jitter spreads the retries of many
/// clients.
[[nodiscard]] std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int retry,
                                                    double unit);

/// A random number for `retry_delay`. Any thread.
[[nodiscard]] double random_unit();

}  // namespace core
