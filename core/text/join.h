// Texts as one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace core {

/// The parts that are not empty, with `between` between them. Any thread.
[[nodiscard]] inline std::string join(std::span<const std::string> parts,
                                      std::string_view between = ", ") {
  std::string all;
  for (const std::string& part : parts) {
    if (!part.empty()) {
      all.append(all.empty() ? "" : between).append(part);
    }
  }
  return all;
}

}  // namespace core
