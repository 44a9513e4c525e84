#include "storage/sqlite/maintenance.h"

#include <limits>
#include <memory>

#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/maintained_file.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

class PrunedFile final : public MaintainedFile {
 public:
  explicit PrunedFile(SQLite::Database& database)
      : MaintainedFile(database), answers_(database), dictionary_(dictionary_row(database)) {}

  [[nodiscard]] BlockReader& blocks() { return answers_; }
  void rewrite(std::int64_t block, const EncodedBlock& encoded) {
    Statement rewrite(
        database(),
        "UPDATE answer_block SET dictionary = ?, lengths = ?, content = ? WHERE id = ?");
    rewrite.bind(1, dictionary_);
    rewrite.bind_blob(2, encoded.lengths);
    rewrite.bind_blob(3, encoded.content);
    rewrite.bind(4, block);
    rewrite.run();
  }

 private:
  AnswerReader answers_;
  std::int64_t dictionary_;
};

}  // namespace

void back_up_ledger(const std::string& path, const std::string& target) {
  const auto database = open_for_reading(path);
  with_ledger_errors(path, "back up", [&] { back_up(*database, target); });
}

MigrationReport migrate_ledger(const std::string& path, core::UtcTime now, bool backup) {
  require_ledger(path);
  const auto database = open_for_writing(path);
  const MigrationOutcome outcome = migrate(*database, path, embedded_schema(), now, backup);
  return {outcome.from, outcome.to, outcome.backup};
}

bool settle_ledger(const std::string& path) {
  require_ledger(path);
  const auto database = open_for_writing(path);
  return empty_log(*database, path);
}

std::vector<SparedPeriod> spared_periods(const std::string& path, core::UtcTime before) {
  const auto database = open_for_reading(path);
  require_schema(*database, path, embedded_migrations());
  return with_ledger_errors(path, "read", [&] {
    SqliteRows rows(*database);
    return read_spared(rows, before);
  });
}

PruneReport prune_ledger(const std::string& path, core::UtcTime before, PruneScope scope) {
  require_ledger(path);
  const auto database = open_for_writing(path);
  require_schema(*database, path, embedded_migrations());
  return with_ledger_errors(path, "prune", [&] {
    Transaction transaction(*database, Transaction::Kind::writing);
    PrunedFile file(*database);
    const PruneReport report =
        prune_blocks(file, {before, scope}, 0, std::numeric_limits<std::int64_t>::max());
    transaction.commit();
    return report;
  });
}

}  // namespace storage
