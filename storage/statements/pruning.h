// Which raw answers may be deleted, and how, on any engine.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/clock.h"
#include "storage/answers/answer_codec.h"
#include "storage/answers/block_reader.h"
#include "storage/statements/maintained.h"

namespace storage {

struct PruneReport {
  std::uint64_t tasks = 0;
  std::uint64_t answers = 0;      ///< deleted; their rows and hashes stay
  std::int64_t bytes_before = 0;  ///< of stored answers, compressed
  std::int64_t bytes_after = 0;
};

/// The answers in the blocks from $2 to before $3, of tasks that finished before $1 and have no
/// wanted video: a task loses all its answers, or none.
inline const std::string kPrunable =
    "FROM snapshot AS s {scan} JOIN task AS t ON t.id = s.task "
    "LEFT JOIN snapshot AS f ON f.id = t.final_snapshot "
    "WHERE s.block >= $2 AND s.block < $3 AND t.state <> 0 AND "
    "coalesce(t.finish_time, f.observed_at, t.last_query) < $1 AND "
    "NOT EXISTS (SELECT 1 FROM video AS v WHERE v.task = t.id AND v.state = 0)";
/// {tasks whose last answers are here}: earlier blocks were pruned before.
inline const std::string kPrunableTasks =
    "SELECT count(DISTINCT s.task) " + kPrunable +
    " AND NOT EXISTS (SELECT 1 FROM snapshot AS o WHERE o.task = s.task AND o.block >= $3)";
/// {block}
inline const std::string kPrunableBlocks =
    "SELECT DISTINCT s.block " + kPrunable + " ORDER BY s.block";
inline const std::string kDropAnswers =
    "UPDATE snapshot SET block = NULL, slot = NULL WHERE id IN (SELECT s.id " + kPrunable + ")";
/// {slot} of the block $1 that a snapshot still names.
inline constexpr const char* kUsedSlots =
    "SELECT DISTINCT slot FROM snapshot WHERE block = $1 ORDER BY slot";
inline constexpr const char* kDropBlock = "DELETE FROM answer_block WHERE id = $1";
/// {bytes} of the blocks from $1 to before $2.
inline constexpr const char* kStoredBytes =
    "SELECT CAST(coalesce(sum(length(content)), 0) AS bigint) FROM answer_block "
    "WHERE id >= $1 AND id < $2";

/// A ledger whose blocks can be written anew; `rewrite` with the program's own dictionary.
template <typename Ledger>
concept PrunedLedger = MaintainedLedger<Ledger> &&
    requires(Ledger& ledger, std::int64_t block, const EncodedBlock& encoded) {
  { ledger.blocks() } -> std::convertible_to<BlockReader&>;
  ledger.rewrite(block, encoded);
};

/// Keeps only the slots of a block that a snapshot still names.
template <PrunedLedger Ledger>
void tidy_block(Ledger& ledger, AnswerCodec& codec, std::int64_t block) {
  std::set<std::int64_t> used;
  {
    auto slots = ledger.rows().select(kUsedSlots, {block});
    while (slots.step()) {
      used.insert(slots.integer(0));
    }
  }
  if (used.empty()) {
    ledger.change(kDropBlock, {block});
    return;
  }
  std::vector<std::string> kept;
  for (std::int64_t slot = 0; slot <= *used.rbegin(); ++slot) {
    kept.push_back(used.contains(slot) ? ledger.blocks().read(block, slot) : std::string());
  }
  ledger.rewrite(block, codec.encode({kept.begin(), kept.end()}));
}

/// Deletes what may be deleted of the blocks from `first` to before `end`.
template <PrunedLedger Ledger>
[[nodiscard]] PruneReport prune_blocks(Ledger& ledger, core::UtcTime before, std::int64_t first,
                                       std::int64_t end) {
  const std::int64_t time = before.time_since_epoch().count();
  auto& rows = ledger.rows();
  std::vector<std::int64_t> blocks;
  {
    auto found = rows.select(kPrunableBlocks, {time, first, end});
    while (found.step()) {
      blocks.push_back(found.integer(0));
    }
  }
  if (blocks.empty()) {
    return {};
  }
  PruneReport report;
  report.bytes_before = read_number(rows, kStoredBytes, {first, end});
  report.tasks = static_cast<std::uint64_t>(read_number(rows, kPrunableTasks, {time, first, end}));
  report.answers = ledger.change(kDropAnswers, {time, first, end});
  AnswerCodec codec(AnswerCodec::built_in_dictionary());
  for (const std::int64_t block : blocks) {
    tidy_block(ledger, codec, block);
  }
  report.bytes_after = read_number(rows, kStoredBytes, {first, end});
  return report;
}

}  // namespace storage
