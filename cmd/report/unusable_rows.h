// Rows of somebody else's log that cannot be compared.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "cmd/os/log.h"

namespace cmd {

/// Names the first ones as warnings, and counts all. `log` must outlive this object. One thread.
class UnusableRows {
 public:
  static constexpr std::uint64_t kNamedMax = 100;

  UnusableRows(std::string source, Log& log) : source_(std::move(source)), log_(log) {}

  void add(std::uint64_t line, const std::string& why) {
    if (++count_ <= kNamedMax) {
      log_.warning(source_ + ":" + std::to_string(line) + ": " + why);
    } else if (count_ == kNamedMax + 1) {
      log_.warning("more rows of " + source_ + " cannot be used; they are only counted");
    }
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::string source_;
  Log& log_;
  std::uint64_t count_ = 0;
};

}  // namespace cmd
