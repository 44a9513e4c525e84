// The findings of `db check`.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace storage {

/// One line for each finding, up to a limit: if everything is damaged, more lines do not help.
class Findings {
 public:
  static constexpr std::size_t kMax = 100;

  void add(std::string line) {
    if (!full()) {
      lines_.push_back(std::move(line));
    }
  }
  [[nodiscard]] bool full() const { return lines_.size() >= kMax; }
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] std::vector<std::string> take() { return std::exchange(lines_, {}); }

 private:
  std::vector<std::string> lines_;
};

}  // namespace storage
