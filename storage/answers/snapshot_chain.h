// The hash chain over snapshots: the bytes that are hashed (docs/ledger.md, "Hashes").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/files/sha256.h"

namespace storage {

/// What a link covers of a snapshot.
struct ChainedSnapshot {
  std::int64_t snapshot = 0;
  std::int64_t task = 0;
  std::int64_t run = 0;
  std::int64_t observed_at = 0;
  std::int64_t http_status = 0;
  std::int64_t verdict = 0;
  std::int64_t raw_bytes = 0;
  std::string_view raw_sha256;    ///< 32 bytes
  std::string_view usage_values;  ///< a JSON array; empty: none
};

/// Appends the snapshot's line, with its end.
void append_chain_line(std::string& lines, const ChainedSnapshot& snapshot);

/// The link of the snapshots with these lines; `before`: the link before, zeros at the beginning.
[[nodiscard]] core::Sha256Digest chain_link(const core::Sha256Digest& before,
                                            std::string_view lines);

/// The link that these 32 bytes are. Throws core::Error for another number of bytes.
[[nodiscard]] core::Sha256Digest stored_link_digest(std::string_view bytes);

}  // namespace storage
