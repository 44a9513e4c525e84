#include "storage/postgres/schema.h"

#include <string>

#include "core/files/sha256.h"
#include "storage/ledger_error.h"
#include "storage/postgres/server_transaction.h"

namespace storage {
namespace {

constexpr const char* kDuplicateKey = "23505";
constexpr const char* kDuplicateSchema = "42P06";
constexpr int kOldestServer = 150000;

bool has_migrations(Connection& connection) {
  Rows found = connection.query("SELECT to_regclass('" + std::string(kLedgerSchema) +
                                ".migration') IS NOT NULL");
  return found.next_integer() != 0;
}

void require_server(Connection& connection) {
  if (connection.server_version() < kOldestServer) {
    throw LedgerUnreadable("the ledger " + connection.name() +
                           " is on a PostgreSQL server older than 15; use a newer one");
  }
}

// Returns the ledger's schema. Throws LedgerUnreadable if an applied migration is not ours.
int verify_applied(Connection& connection, std::span<const Migration> migrations) {
  int version = 0;
  Rows applied = connection.query("SELECT number, sha256 FROM migration ORDER BY number");
  while (applied.step()) {
    version = static_cast<int>(applied.integer(0));
    if (version > newest_of(migrations)) {
      continue;
    }
    const auto at = static_cast<std::size_t>(version) - 1;
    if (core::sha256_hex(migrations[at].sql) != applied.text(1)) {
      throw LedgerUnreadable(
          "the ledger " + connection.name() + " was made by another build: its migration " +
          std::to_string(version) + " differs from this program's. Use the program that made it");
    }
  }
  if (version > newest_of(migrations)) {
    throw LedgerUnreadable("the ledger " + connection.name() + " has schema " +
                           std::to_string(version) + ", this program knows " +
                           std::to_string(newest_of(migrations)) +
                           "; it was not changed. Use the newer reeltally");
  }
  return version;
}

int version_of(Connection& connection, std::span<const Migration> migrations) {
  const ServerTransaction moment(connection, ServerTransaction::Kind::reading);
  return verify_applied(connection, migrations);
}

void make_schema(Connection& connection) {
  try {
    transact(connection, [&] {
      connection.run_script("CREATE SCHEMA IF NOT EXISTS " + std::string(kLedgerSchema));
      connection.run_script(
          "CREATE TABLE IF NOT EXISTS migration (number bigint PRIMARY KEY, title text COLLATE "
          "\"C\" NOT NULL, sha256 text COLLATE \"C\" NOT NULL, applied_at bigint NOT NULL)");
    });
  } catch (const ServerError& error) {
    // Another process creates it at the same time.
    if (error.state() != kDuplicateKey && error.state() != kDuplicateSchema) {
      throw;
    }
  }
}

// Inserts the record first: another process that applies the same migration waits there, and then
// sees that it is done.
void apply(Connection& connection, const Migration& migration, core::UtcTime now) {
  try {
    transact(connection, [&] {
      connection.execute(
          "INSERT INTO migration (number, title, sha256, applied_at) VALUES ($1, $2, $3, $4)",
          Parameters()
              .add(std::int64_t{migration.number})
              .add(migration.title)
              .add(core::sha256_hex(migration.sql))
              .add_time(now));
      connection.run_script("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0");
      connection.run_script(std::string(migration.sql));
    });
  } catch (const ServerError& error) {
    if (error.state() != kDuplicateKey) {
      throw;
    }
  }
}

}  // namespace

SchemaChange migrate_schema(Connection& connection, std::span<const Migration> migrations,
                            core::UtcTime now) {
  require_server(connection);
  if (!has_migrations(connection)) {
    make_schema(connection);
  }
  SchemaChange change;
  change.from = version_of(connection, migrations);
  for (const Migration& migration : migrations) {
    if (migration.number > change.from) {
      apply(connection, migration, now);
    }
  }
  change.to = version_of(connection, migrations);
  return change;
}

void require_server_schema(Connection& connection, std::span<const Migration> migrations) {
  require_server(connection);
  if (!has_migrations(connection)) {
    throw LedgerUnreadable("there is no ledger at " + connection.name() +
                           "; make one with `reeltally db migrate`");
  }
  const int version = version_of(connection, migrations);
  if (version < newest_of(migrations)) {
    throw LedgerUnreadable("the ledger " + connection.name() + " has the older schema " +
                           std::to_string(version) + "; upgrade it with `reeltally db migrate`");
  }
}

}  // namespace storage
