// The only source of chance in a simulated world, so that its seed is all there is to know.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace support {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] bool happens(double part) { return std::bernoulli_distribution(part)(random_); }
  /// Both are possible.
  [[nodiscard]] std::int64_t between(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  [[nodiscard]] std::chrono::milliseconds ms(std::int64_t least, std::int64_t most) {
    return std::chrono::milliseconds(between(least, most));
  }
  template <typename List>
  [[nodiscard]] const auto& one_of(const List& list) {
    return list[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(list.size()) - 1))];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace support
