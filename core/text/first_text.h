#pragma once

#include <string>

namespace core {

/// The first non-empty text that the readers return; later readers are not called.
template <typename... Texts>
[[nodiscard]] std::string first_text(Texts... readers) {
  std::string text;
  (void)((text = readers(), !text.empty()) || ...);
  return text;
}

}  // namespace core
