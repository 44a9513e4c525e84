// Sorts more texts than fit into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/files/descriptor.h"

namespace core {

/// Takes texts, and then gives them by their bytes, equal ones as often as they came. Up to a limit
/// they are in memory, beyond it in sorted runs in an unnamed temporary file. One thread.
class TextSorter {
 public:
  static constexpr std::size_t kInMemoryMax = std::size_t{16} << 20U;

  /// `what`: what the texts are, for messages. `in_memory_max`: bytes, with 16 for each text.
  explicit TextSorter(std::string what, std::size_t in_memory_max = kInMemoryMax)
      : what_(std::move(what)), in_memory_max_(in_memory_max) {}
  TextSorter(const TextSorter&) = delete;
  TextSorter& operator=(const TextSorter&) = delete;

  /// Throws core::Error if the temporary file fails.
  void add(std::string_view text);
  /// Calls `visit` with each text, and forgets them. Throws as `add` does, and what `visit` throws.
  void each(const std::function<void(std::string_view text)>& visit);

 private:
  // A text in `bytes_`.
  struct Place {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  // A part of the file: texts in order, each after its size.
  struct Run {
    std::size_t at = 0;
    std::size_t end = 0;
  };
  class RunReader;

  [[nodiscard]] std::string_view text(const Place& place) const {
    return std::string_view(bytes_).substr(place.begin, place.size);
  }
  void sort();
  void spill();
  void append_to_file(std::string_view bytes);
  void merge(const std::function<void(std::string_view text)>& visit);
  [[noreturn]] void fail(const char* doing) const;

  std::string what_;
  std::size_t in_memory_max_;
  std::string bytes_;
  std::vector<Place> places_;
  std::vector<Run> runs_;
  std::size_t file_bytes_ = 0;
  Descriptor file_;
};

}  // namespace core
