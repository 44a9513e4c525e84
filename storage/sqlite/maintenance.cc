#include "storage/sqlite/maintenance.h"

#include <memory>
#include <set>
#include <string_view>

#include "storage/answers/answer_codec.h"
#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

constexpr const char* kPrunable =
    "SELECT s.block, s.slot, s.id, t.id FROM snapshot AS s JOIN task AS t ON t.id = s.task "
    "LEFT JOIN snapshot AS f ON f.id = t.final_snapshot "
    "WHERE s.block IS NOT NULL AND t.state <> 0 AND "
    "coalesce(t.finish_time, f.observed_at, t.last_query) < ? AND "
    "NOT EXISTS (SELECT 1 FROM video AS v WHERE v.task = t.id AND v.state = 0) "
    "ORDER BY s.block, s.slot";

std::int64_t stored_bytes(SQLite::Database& database) {
  return database.execAndGet("SELECT ifnull(sum(length(content)), 0) FROM answer_block").getInt64();
}

class Pruner {
 public:
  Pruner(SQLite::Database& database, std::int64_t dictionary)
      : answers_(database),
        dictionary_(dictionary),
        forget_(database, "UPDATE snapshot SET block = NULL, slot = NULL WHERE id = ?"),
        drop_(database, "DELETE FROM answer_block WHERE id = ?"),
        still_used_(database, "SELECT DISTINCT slot FROM snapshot WHERE block = ?"),
        rewrite_(database,
                 "UPDATE answer_block SET dictionary = ?, lengths = ?, content = ? WHERE id = ?") {}

  void forget(std::int64_t snapshot) {
    forget_.bind(1, snapshot);
    forget_.run();
  }

  // Keeps only the slots that a snapshot still names.
  void tidy(std::int64_t block) {
    std::set<std::int64_t> used;
    still_used_.bind(1, block);
    while (still_used_.step()) {
      used.insert(still_used_.integer(0));
    }
    still_used_.reset();
    if (used.empty()) {
      drop_.bind(1, block);
      drop_.run();
      return;
    }
    static_cast<void>(answers_.read(block, *used.begin()));
    std::vector<std::string> kept;
    for (std::int64_t slot = 0; slot <= *used.rbegin(); ++slot) {
      kept.push_back(used.contains(slot) ? answers_.read(block, slot) : std::string());
    }
    const EncodedBlock encoded = codec_.encode({kept.begin(), kept.end()});
    rewrite_.bind(1, dictionary_);
    rewrite_.bind_blob(2, encoded.lengths);
    rewrite_.bind_blob(3, encoded.content);
    rewrite_.bind(4, block);
    rewrite_.run();
  }

 private:
  AnswerReader answers_;
  AnswerCodec codec_{AnswerCodec::built_in_dictionary()};
  std::int64_t dictionary_;
  Statement forget_;
  Statement drop_;
  Statement still_used_;
  Statement rewrite_;
};

}  // namespace

void back_up_ledger(const std::string& path, const std::string& target) {
  const auto database = open_for_reading(path);
  with_ledger_errors(path, "back up", [&] { back_up(*database, target); });
}

MigrationReport migrate_ledger(const std::string& path, core::UtcTime now, bool backup) {
  require_ledger(path);
  const auto database = open_for_writing(path);
  const MigrationOutcome outcome = migrate(*database, path, embedded_migrations(), now, backup);
  return {outcome.from, outcome.to, outcome.backup};
}

bool settle_ledger(const std::string& path) {
  require_ledger(path);
  const auto database = open_for_writing(path);
  return empty_log(*database, path);
}

PruneReport prune_ledger(const std::string& path, core::UtcTime before) {
  require_ledger(path);
  const auto database = open_for_writing(path);
  require_schema(*database, path, embedded_migrations());
  return with_ledger_errors(path, "prune", [&] {
    PruneReport report{.bytes_before = stored_bytes(*database)};
    Transaction transaction(*database, Transaction::Kind::writing);
    std::set<std::int64_t> tasks;
    std::set<std::int64_t> blocks;
    std::vector<std::int64_t> snapshots;
    {
      Statement prunable(*database, kPrunable);
      prunable.bind_time(1, before);
      while (prunable.step()) {
        blocks.insert(prunable.integer(0));
        snapshots.push_back(prunable.integer(2));
        tasks.insert(prunable.integer(3));
      }
    }
    Pruner pruner(*database, dictionary_row(*database));
    for (const std::int64_t snapshot : snapshots) {
      pruner.forget(snapshot);
    }
    for (const std::int64_t block : blocks) {
      pruner.tidy(block);
    }
    transaction.commit();
    report.tasks = tasks.size();
    report.answers = snapshots.size();
    report.bytes_after = stored_bytes(*database);
    return report;
  });
}

}  // namespace storage
