// The IDs seen so far, in bounded memory: for `run --dry-run`, which writes no ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/files/descriptor.h"

namespace core {

/// Keeps a 128-bit fingerprint of each ID: with 10 million IDs the chance of a collision is about
/// 1e-25. The hash key is random, so nobody can craft a collision. Up to a limit the fingerprints
/// are in memory, beyond it in sorted runs in an unnamed temporary file. One thread.
class IdSet {
 public:
  static constexpr std::size_t kInMemoryMax = 1'600'000;  ///< a table of 32 MiB or less

  /// With room for `expected` IDs: a table that grows stands beside the old one meanwhile.
  explicit IdSet(std::size_t expected = 0, std::size_t in_memory_max = kInMemoryMax);
  IdSet(const IdSet&) = delete;
  IdSet& operator=(const IdSet&) = delete;

  struct Fingerprint {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
  };

  /// The fingerprint of an ID. Also prefetches its place into the cache, so that an insert a few
  /// IDs later does not wait for memory, which is most of the time with a large set.
  [[nodiscard]] Fingerprint prepare(std::string_view id) const;
  /// False if it was present already. Throws core::Error if the temporary file fails.
  [[nodiscard]] bool insert(const Fingerprint& one);
  [[nodiscard]] bool insert(std::string_view id) { return insert(prepare(id)); }

 private:
  // A sorted part of the file; the first fingerprint of each page is kept in memory.
  struct Run {
    std::size_t offset = 0;
    std::size_t count = 0;
    std::vector<Fingerprint> first_of_page;
  };
  static constexpr std::size_t kPage = 256;  // fingerprints

  [[nodiscard]] std::size_t first_place(const Fingerprint& one) const;
  [[nodiscard]] Fingerprint& place(const Fingerprint& one);
  void grow();
  void spill();
  [[nodiscard]] bool in_run(const Run& run, const Fingerprint& one);

  std::size_t in_memory_max_;
  std::uint64_t keys_[2];
  std::vector<Fingerprint> table_;  // open addressing; all zero means free
  std::size_t used_ = 0;
  std::vector<Run> runs_;
  std::vector<Fingerprint> page_;
  std::size_t file_bytes_ = 0;
  Descriptor file_;
};

}  // namespace core
