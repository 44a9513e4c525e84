#include "core/engine/retry.h"

#include <algorithm>
#include <random>

namespace core {

std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int retry, double unit) {
  constexpr int kDoublingsMax = 30;  // far beyond delay_max, without overflow
  const int doublings = std::clamp(retry - 1, 0, kDoublingsMax);
  const auto bound =
      std::min(policy.first_delay_max * (std::int64_t{1} << doublings), policy.delay_max);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(bound.count()) * std::clamp(unit, 0.0, 1.0)));
}

double random_unit() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace core
