// Allows look-ups in a hash table of texts without creating a std::string.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace storage {

struct TextHash {
  using is_transparent = void;  // NOLINT(readability-identifier-naming): the library's name
  [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>()(text);
  }
};

template <typename Value>
using TextTable = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

}  // namespace storage
