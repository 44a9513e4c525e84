// The IDs seen so far, in bounded memory: for `run --dry-run`, which has no ledger to ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/files/descriptor.h"

namespace core {

/// Keeps a 128-bit fingerprint of each ID: with 10 million of them the chance that any two share
/// one is about 1e-25. The key is random, so nobody can craft two that do. Up to a limit the
/// fingerprints lie in memory, beyond it as sorted runs in a temporary file without a name. One
/// thread.
class IdSet {
 public:
  static constexpr std::size_t kInMemoryMax = 1'398'000;  ///< 32 MiB of table, two thirds full

  explicit IdSet(std::size_t in_memory_max = kInMemoryMax);
  IdSet(const IdSet&) = delete;
  IdSet& operator=(const IdSet&) = delete;

  struct Fingerprint {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
  };

  /// What stands for an ID. Fetches its place into the cache: who inserts it a few IDs later does
  /// not wait for the memory, which is most of the time that a large set takes.
  [[nodiscard]] Fingerprint prepare(std::string_view id) const;
  /// False when it was there already. Throws core::Error when the temporary file fails.
  [[nodiscard]] bool insert(const Fingerprint& one);
  [[nodiscard]] bool insert(std::string_view id) { return insert(prepare(id)); }

 private:
  // A part of the file, sorted; the first fingerprint of each of its pages is kept in memory.
  struct Run {
    std::size_t offset = 0;
    std::size_t count = 0;
    std::vector<Fingerprint> first_of_page;
  };
  static constexpr std::size_t kPage = 256;  // fingerprints

  [[nodiscard]] Fingerprint& place(const Fingerprint& one);
  void grow();
  void spill();
  [[nodiscard]] bool in_run(const Run& run, const Fingerprint& one);

  std::size_t in_memory_max_;
  std::uint64_t keys_[2];
  std::vector<Fingerprint> table_;  // open addressing; all zero: free
  std::size_t used_ = 0;
  std::vector<Run> runs_;
  std::vector<Fingerprint> page_;
  std::size_t file_bytes_ = 0;
  Descriptor file_;
};

}  // namespace core
