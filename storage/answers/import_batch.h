// Rows of an input on their way into the ledger: packed, so that many can be sorted at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/task.h"

namespace storage {

/// Each batch rewrites pages all over the index of IDs, so a batch is as large as memory allows.
/// One thread.
class ImportBatch {
 public:
  /// About 75,000 rows.
  static constexpr std::size_t kBytesMax = std::size_t{4} * 1024 * 1024;

  struct Row {
    std::string_view id;
    std::string_view model;   ///< empty: none
    std::string_view labels;  ///< a JSON object; empty: none
  };

  ImportBatch();
  void add(const core::WantedTask& task);
  [[nodiscard]] bool full() const { return texts_.size() >= kBytesMax; }
  [[nodiscard]] std::size_t size() const { return places_.size(); }

  /// Sorts the rows in the order of the ledger's index (bytes of the ID); rows with the same ID
  /// keep the order of the input.
  void sort();
  /// Valid until the next `add` or `clear`.
  [[nodiscard]] Row row(std::size_t index) const;
  void clear();

 private:
  // `head` decides most comparisons: the eight bytes after the common beginning of all IDs.
  struct Place {
    std::uint64_t head = 0;
    std::uint32_t at = 0;
    std::uint32_t id_bytes = 0;
    std::uint32_t model_bytes = 0;
    std::uint32_t labels_bytes = 0;
  };
  [[nodiscard]] std::string_view id(const Place& place) const {
    return std::string_view(texts_).substr(place.at, place.id_bytes);
  }
  [[nodiscard]] std::size_t common_prefix() const;

  std::string texts_;
  std::vector<Place> places_;
};

}  // namespace storage
