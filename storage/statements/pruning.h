// Which raw answers may be deleted, and how, on any engine.
#pragma once

#include <cstdint>
#include <map>
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

enum class PruneScope {
  bundled,  ///< spares tasks that have lines in a closed period without a bundle
  all,
};

/// A closed period without a bundle, whose answers PruneScope::bundled spares.
struct SparedPeriod {
  std::string name;
  std::uint64_t lines = 0;
};

/// A condition on `task` as `t` and its final snapshot as `f`: finished before $1, and no video of
/// it is wanted.
inline const std::string kTaskIsPrunable =
    "t.state <> 0 AND coalesce(t.finish_time, f.observed_at, t.last_query) < $1 AND "
    "NOT EXISTS (SELECT 1 FROM video AS v WHERE v.task = t.id AND v.state = 0)";
/// The keys of closed periods whose proofs are in a bundle, too.
inline constexpr const char* kBundled = "(SELECT period FROM period_bundle)";
/// The answers in the blocks from $2 to before $3, of tasks that finished before $1 and have no
/// wanted video: a task loses all its answers, or none. Unless $4 is 1, without tasks that have
/// lines in a closed period without a bundle.
inline const std::string kPrunable =
    "FROM snapshot AS s {scan} JOIN task AS t ON t.id = s.task "
    "LEFT JOIN snapshot AS f ON f.id = t.final_snapshot "
    "WHERE s.block >= $2 AND s.block < $3 AND " +
    kTaskIsPrunable +
    " AND ($4 = 1 OR NOT EXISTS (SELECT 1 FROM report_line AS l WHERE l.task = t.id AND "
    "l.period NOT IN " +
    kBundled + "))";
/// {name of a closed period without a bundle, its lines whose answers are spared for this}
inline const std::string kSparedProofs =
    "SELECT p.name, count(*) FROM report_line AS l JOIN snapshot AS s ON s.id = l.snapshot "
    "JOIN task AS t ON t.id = l.task LEFT JOIN snapshot AS f ON f.id = t.final_snapshot "
    "JOIN period AS p ON p.id = l.period WHERE s.block IS NOT NULL AND p.id NOT IN " +
    std::string(kBundled) + " AND " + kTaskIsPrunable +
    " GROUP BY p.id, p.name, p.begins_at ORDER BY p.begins_at";
/// {tasks whose last answers are here}: earlier blocks were pruned before.
inline const std::string kPrunableTasks =
    "SELECT count(DISTINCT s.task) " + kPrunable +
    " AND NOT EXISTS (SELECT 1 FROM snapshot AS o WHERE o.task = s.task AND o.block >= $3)";
/// {block}
inline const std::string kPrunableBlocks =
    "SELECT DISTINCT s.block " + kPrunable + " ORDER BY s.block";
inline const std::string kDropAnswers =
    "UPDATE snapshot SET block = NULL, slot = NULL WHERE id IN (SELECT s.id " + kPrunable + ")";
/// {block, slot} that a snapshot still names, of the blocks from $1 to before $2.
inline constexpr const char* kUsedSlots =
    "SELECT s.block, s.slot FROM snapshot AS s {scan} WHERE s.block >= $1 AND s.block < $2";
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

/// For each of some blocks: the slots that a snapshot still names.
using UsedSlots = std::map<std::int64_t, std::set<std::int64_t>>;

/// Fills in the slots of the blocks that `used` has, all between `first` and before `end`. One
/// statement for all: a ledger in a file has no index of blocks.
template <RowSource Rows>
void find_used_slots(Rows& rows, std::int64_t first, std::int64_t end, UsedSlots& used) {
  auto slots = rows.select(kUsedSlots, {first, end});
  while (slots.step()) {
    if (const auto block = used.find(slots.integer(0)); block != used.end()) {
      block->second.insert(slots.integer(1));
    }
  }
}

/// Keeps only these slots of a block.
template <PrunedLedger Ledger>
void tidy_block(Ledger& ledger, AnswerCodec& codec, std::int64_t block,
                const std::set<std::int64_t>& used) {
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

/// The periods that a pruning spares, by their begin.
template <RowSource Rows>
[[nodiscard]] std::vector<SparedPeriod> read_spared(Rows& rows, core::UtcTime before) {
  std::vector<SparedPeriod> spared;
  auto found = rows.select(kSparedProofs, {before.time_since_epoch().count()});
  while (found.step()) {
    spared.push_back({std::string(found.text(0)), static_cast<std::uint64_t>(found.integer(1))});
  }
  return spared;
}

/// What is pruned.
struct Pruning {
  core::UtcTime before{};  ///< when the tasks finished
  PruneScope scope = PruneScope::all;
};

/// Deletes what may be deleted of the blocks from `first` to before `end`.
template <PrunedLedger Ledger>
[[nodiscard]] PruneReport prune_blocks(Ledger& ledger, const Pruning& pruning, std::int64_t first,
                                       std::int64_t end) {
  const std::int64_t time = pruning.before.time_since_epoch().count();
  const std::int64_t all = pruning.scope == PruneScope::all ? 1 : 0;
  auto& rows = ledger.rows();
  UsedSlots blocks;
  {
    auto found = rows.select(kPrunableBlocks, {time, first, end, all});
    while (found.step()) {
      blocks[found.integer(0)];
    }
  }
  if (blocks.empty()) {
    return {};
  }
  PruneReport report;
  report.bytes_before = read_number(rows, kStoredBytes, {first, end});
  report.tasks =
      static_cast<std::uint64_t>(read_number(rows, kPrunableTasks, {time, first, end, all}));
  report.answers = ledger.change(kDropAnswers, {time, first, end, all});
  find_used_slots(rows, first, end, blocks);
  AnswerCodec codec(AnswerCodec::built_in_dictionary());
  for (const auto& [block, used] : blocks) {
    tidy_block(ledger, codec, block, used);
  }
  report.bytes_after = read_number(rows, kStoredBytes, {first, end});
  return report;
}

}  // namespace storage
