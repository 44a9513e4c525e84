#include "storage/answers/snapshot_chain.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <limits>

#include "core/error.h"

namespace storage {
namespace {

constexpr std::size_t kNumbers = 7;
constexpr std::size_t kNumberChars = std::numeric_limits<std::int64_t>::digits10 + 2;  // "-" too
constexpr std::size_t kHashChars = 2 * std::tuple_size_v<core::Sha256Digest>;

using HexPairs = std::array<std::array<char, 2>, 256>;

constexpr HexPairs hex_pairs() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  HexPairs pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
    pairs[byte] = {kDigits[byte / kDigits.size()], kDigits[byte % kDigits.size()]};
  }
  return pairs;
}

}  // namespace

// On the stack, without an allocation: the writer does it for every answer.
void append_chain_line(std::string& lines, const ChainedSnapshot& snapshot) {
  assert(2 * snapshot.raw_sha256.size() == kHashChars);
  static constexpr HexPairs kPairs = hex_pairs();
  std::array<char, kNumbers*(kNumberChars + 1) + kHashChars + 1> line{};
  char* at = line.data();
  for (const std::int64_t number :
       {snapshot.snapshot, snapshot.task, snapshot.run, snapshot.observed_at, snapshot.http_status,
        snapshot.verdict, snapshot.raw_bytes}) {
    at = std::to_chars(at, line.data() + line.size(), number).ptr;
    *at++ = '|';
  }
  for (const char one : snapshot.raw_sha256) {
    const std::array<char, 2>& pair = kPairs[static_cast<unsigned char>(one)];
    at = std::copy(pair.begin(), pair.end(), at);
  }
  *at++ = '|';
  lines.append(line.data(), static_cast<std::size_t>(at - line.data()));
  lines += snapshot.usage_values;
  lines += '\n';
}

core::Sha256Digest chain_link(const core::Sha256Digest& before, std::string_view lines) {
  core::Sha256 hash;
  hash.update(core::hex(before) + '\n');
  hash.update(lines);
  return hash.finish();
}

core::Sha256Digest stored_link_digest(std::string_view bytes) {
  core::Sha256Digest digest{};
  if (bytes.size() != digest.size()) {
    throw core::Error("a hash of the chain of snapshots has " + std::to_string(bytes.size()) +
                      " bytes instead of 32; see `reeltally db check`, and restore a backup");
  }
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

}  // namespace storage
