#include "storage/sqlite/ledger_copy.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/draft.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

// Before a draft is made.
std::string free_target(std::string target) {
  require_no_backup(target);
  return target;
}

std::string insert_text(const LedgerTable& table) {
  std::string values;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    values += i == 0 ? "?" : ", ?";
  }
  return "INSERT INTO " + table.name + " (" + table.column_list() + ") VALUES (" + values + ")";
}

// Each line of a closed period looks up the rows that it shares with others.
constexpr const char* kFindSharedRows =
    "CREATE INDEX copied_terms ON line_terms (model, unit_price, resolution, period); "
    "CREATE INDEX copied_amounts ON line_amounts (cost, quantity, total_tokens, quota, terms); "
    "CREATE INDEX copied_labels ON line_labels (labels)";
constexpr const char* kForgetSharedRows =
    "DROP INDEX copied_terms; DROP INDEX copied_amounts; DROP INDEX copied_labels";

// The file gets its name when it is complete.
class SqliteCopy final : public TableSink {
 public:
  SqliteCopy(std::string target, const AppliedMigrations& applied);

  void begin(const LedgerTable& table) override;
  void add_null() override { row_->bind_null(++at_); }
  void add(std::int64_t value) override { row_->bind(++at_, value); }
  void add(std::string_view value) override;
  void end_row() override;
  void end() override { row_.reset(); }
  void publish() override;

 private:
  std::string target_;
  Draft draft_;
  std::unique_ptr<SQLite::Database> database_;
  std::optional<Transaction> transaction_;
  const LedgerTable* table_ = nullptr;
  std::unique_ptr<Statement> row_;
  int at_ = 0;
};

SqliteCopy::SqliteCopy(std::string target, const AppliedMigrations& applied)
    : target_(free_target(std::move(target))), draft_("the ledger", target_) {
  lay_out_ledger(draft_.path());
  database_ = std::make_unique<SQLite::Database>(draft_.path(), SQLite::OPEN_READWRITE);
  database_->exec("PRAGMA synchronous = OFF");      // it is synced once, when it is whole
  database_->exec("PRAGMA journal_mode = DELETE");  // not the log alone
  database_->exec("PRAGMA journal_mode = OFF");     // half a copy is thrown away, not rolled back
  database_->exec("PRAGMA cache_size = -65536");    // rows come by key, indexes do not
  migrate(*database_, target_, embedded_schema(), core::UtcTime{}, false);
  transaction_.emplace(*database_, Transaction::Kind::writing);
  database_->exec(kFindSharedRows);
  // What was read by a build that is not this one stays marked so: `db check` asks for it.
  Statement mark(*database_, "UPDATE migration SET applied_at = ? WHERE number = ?");
  for (const auto& [number, at] : applied) {
    mark.bind(1, at);
    mark.bind(2, number);
    mark.run();
  }
}

void SqliteCopy::begin(const LedgerTable& table) {
  table_ = &table;
  row_ = std::make_unique<Statement>(*database_, insert_text(table).c_str());
  at_ = 0;
}

void SqliteCopy::add(std::string_view value) {
  if (table_->columns[static_cast<std::size_t>(at_)].kind == TableColumn::Kind::bytes) {
    row_->bind_blob(++at_, value);
  } else {
    row_->bind(++at_, std::string(value));
  }
}

void SqliteCopy::end_row() {
  row_->run();
  at_ = 0;
}

void SqliteCopy::publish() {
  database_->exec(kForgetSharedRows);
  transaction_->commit();
  transaction_.reset();
  if (database_->execAndGet("SELECT count(*) FROM pragma_foreign_key_check").getInt64() != 0) {
    throw core::Error("the copy " + target_ +
                      " has rows that name others which are not there: the ledger that it was "
                      "made of is damaged");
  }
  seal_backup(*database_, target_);
  database_.reset();
  if (!draft_.publish()) {
    require_no_backup(target_);
  }
}

}  // namespace

void copy_into_file(const std::string& target, const std::function<void(const OpenSink&)>& copy) {
  with_ledger_errors(target, "write", [&] {
    copy([&target](const AppliedMigrations& applied) {
      return std::make_unique<SqliteCopy>(target, applied);
    });
  });
}

void copy_out_of_file(const std::string& path, const OpenSink& open_sink,
                      const CopyProgress& progress) {
  const auto database = open_for_reading(path);
  require_schema(*database, path, embedded_migrations());
  with_ledger_errors(path, "read", [&] {
    const Transaction moment(*database, Transaction::Kind::reading);
    SqliteRows rows(*database);
    copy_ledger_rows(rows, open_sink, progress);
  });
}

}  // namespace storage
