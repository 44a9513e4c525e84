// How long to wait before asking again: exponential back-off with full jitter.
#pragma once

#include <chrono>

namespace core {

/// `--retries` and the bounds of the back-off (design.md, section 1).
struct RetryPolicy {
  int retries = 5;
  std::chrono::milliseconds first_delay_max{1'000};
  std::chrono::milliseconds delay_max{60'000};
};

/// The delay before retry number `retry` (from 1): `unit` (0 … 1, random) of the bound, which
/// doubles with each retry up to `delay_max`. Full jitter keeps many clients apart.
[[nodiscard]] std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int retry,
                                                    double unit);

}  // namespace core
