#include "storage/postgres/ledger_copy.h"

#include "core/error.h"
#include "core/text/utf8.h"
#include "storage/migration.h"
#include "storage/postgres/schema.h"

namespace storage {
namespace {

Column::Kind kind_of(const TableColumn& column) {
  switch (column.kind) {
    case TableColumn::Kind::integer:
      return Column::Kind::integer;
    case TableColumn::Kind::text:
      return Column::Kind::text;
    case TableColumn::Kind::bytes:
      break;
  }
  return Column::Kind::bytes;
}

std::string insert_text(const LedgerTable& table) {
  std::string arrays;
  for (std::size_t i = 1; i <= table.columns.size(); ++i) {
    arrays += (i == 1 ? "$" : ", $") + std::to_string(i);
  }
  return "INSERT INTO " + table.name + " (" + table.column_list() + ") SELECT * FROM unnest(" +
         arrays + ")";
}

bool is_server_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos &&
         (core::find_non_ascii(text) == text.size() || core::valid_utf8(text) == text);
}

}  // namespace

PostgresCopy::PostgresCopy(const LedgerUrl& url, const AppliedMigrations& applied,
                           core::UtcTime now)
    : connection_(url) {
  migrate_schema(connection_, embedded_postgres_migrations(), now);
  transaction_ = std::make_unique<ServerTransaction>(connection_, ServerTransaction::Kind::writing);
  connection_.run_script(
      "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; "
      "SET LOCAL idle_in_transaction_session_timeout = 0");
  // The lock of whoever begins a run.
  connection_.execute("SELECT id FROM crew WHERE id = 1 FOR UPDATE");
  require_empty();
  for (const auto& [number, at] : applied) {
    connection_.execute("UPDATE migration SET applied_at = $1 WHERE number = $2",
                        Parameters().add(at).add(number));
  }
}

void PostgresCopy::require_empty() {
  for (const LedgerTable& table : ledger_tables()) {
    Rows any = connection_.query("SELECT 1::bigint FROM " + table.name + " LIMIT 1");
    if (any.step()) {
      throw core::UsageError("the ledger " + connection_.name() +
                             " is not empty; a copy needs a database of its own");
    }
  }
}

void PostgresCopy::begin(const LedgerTable& table) {
  table_ = &table;
  clear();
}

void PostgresCopy::clear() {
  columns_.clear();
  for (const TableColumn& column : table_->columns) {
    columns_.emplace_back(kind_of(column));
  }
  at_ = 0;
  bytes_ = 0;
}

void PostgresCopy::add(std::string_view value) {
  const TableColumn& column = table_->columns[at_];
  if (column.kind == TableColumn::Kind::text && !is_server_text(value)) {
    throw core::Error("cannot copy the ledger to " + connection_.name() + ": a text in " +
                      table_->name + "." + column.name +
                      " has a byte that PostgreSQL does not take (U+0000, or no UTF-8)");
  }
  bytes_ += value.size();
  next().add(value);
}

void PostgresCopy::end_row() {
  constexpr std::size_t kRowsMax = 1000;
  constexpr std::size_t kBytesMax = std::size_t{8} * 1024 * 1024;
  at_ = 0;
  if (columns_.front().size() == kRowsMax || bytes_ > kBytesMax) {
    flush();
  }
}

void PostgresCopy::flush() {
  const std::size_t rows = columns_.front().size();
  if (rows == 0) {
    return;
  }
  Parameters parameters;
  for (Column& column : columns_) {
    parameters.add(column);
  }
  connection_.execute(insert_text(*table_), parameters);
  clear();
}

void PostgresCopy::publish() {
  std::vector<std::string> counted;
  for (Rows names = connection_.query("SELECT name FROM counter"); names.step();) {
    counted.emplace_back(names.text(0));
  }
  for (const std::string& table : counted) {
    connection_.execute("UPDATE counter SET next = (SELECT coalesce(max(id), 0) + 1 FROM " + table +
                            ") WHERE name = $1",
                        Parameters().add(std::string_view(table)));
  }
  transaction_->commit();
  transaction_.reset();
  for (const LedgerTable& table : ledger_tables()) {  // or the first statements read all rows
    connection_.execute(std::string("ANALYZE ") + kLedgerSchema + "." + table.name);
  }
}

}  // namespace storage
