#pragma once

#include <string>

namespace core {

/// The first text that is not empty, of those that the readers return; later ones are not called.
template <typename... Texts>
[[nodiscard]] std::string first_text(Texts... readers) {
  std::string text;
  (void)((text = readers(), !text.empty()) || ...);
  return text;
}

}  // namespace core
