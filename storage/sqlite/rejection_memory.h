// Remembers which rejected rows an earlier run has reported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace storage {

/// Stores hashes, a bounded number for each source. Keeps no connection open between calls. One
/// thread; the caller of `keep` holds the Lock.
class RejectionMemory {
 public:
  static constexpr std::size_t kRowsOfSourceMax = 10'000;

  explicit RejectionMemory(std::string ledger) : ledger_(std::move(ledger)) {}

  /// Notes a rejected row (core::RejectedRow::mark); returns whether the last run that read this
  /// source rejected it, too. Throws core::Error.
  [[nodiscard]] bool add(const std::string& source, std::uint64_t mark);
  /// Stores the noted rows for these sources. `complete`: the sources were read to their ends.
  /// Throws core::Error.
  void keep(const std::vector<std::string>& sources, std::int64_t run, bool complete);

 private:
  using Marks = std::set<std::int64_t>;
  [[nodiscard]] Marks told_of(std::int64_t source) const;

  std::string ledger_;
  std::map<std::int64_t, Marks> told_;  // by source, loaded when first needed
  std::map<std::int64_t, Marks> met_;   // in this run
};

}  // namespace storage
