#include "storage/sqlite/migrations.h"

#include <date/date.h>

#include <filesystem>
#include <functional>

#include "core/files/sha256.h"
#include "storage/ledger_error.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/draft.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

const std::string kBackup = ".backup-v";

int version_of(SQLite::Database& database) {
  return database.execAndGet("PRAGMA user_version").getInt();
}

[[noreturn]] void refuse(SQLite::Database& database, const std::string& why) {
  leave_log_at_close(database);
  throw LedgerUnreadable(why);
}

// open_for_writing examined the file before; another program may have upgraded it since.
void refuse_newer(SQLite::Database& database, const std::string& path, int version,
                  std::span<const Migration> migrations) {
  try {
    require_no_newer_schema(path, version, migrations);
  } catch (const LedgerUnreadable&) {
    leave_log_at_close(database);
    throw;
  }
}

void verify_applied(SQLite::Database& database, const std::string& path,
                    std::span<const Migration> migrations) {
  SQLite::Statement applied(database, "SELECT number, sha256 FROM migration ORDER BY number");
  while (applied.executeStep()) {
    const int number = applied.getColumn(0).getInt();
    for (const Migration& migration : migrations) {
      if (migration.number == number &&
          core::sha256_hex(migration.sql) != applied.getColumn(1).getString()) {
        refuse(database, "the ledger " + path + " was made by another build: its migration " +
                             std::to_string(number) +
                             " differs from this program's. Use the program that made it");
      }
    }
  }
}

// An upgrade that was killed after its backup may be repeated within the same second.
std::string backup_name(const std::string& path, int version, core::UtcTime now) {
  const std::string name = path + kBackup + std::to_string(version) + "-" +
                           date::format("%Y%m%dT%H%M%SZ", date::floor<std::chrono::seconds>(now));
  std::string free = name;
  for (int nth = 2; std::filesystem::exists(free); ++nth) {
    free = name + "-" + std::to_string(nth);
  }
  return free;
}

// Within the caller's transaction, as the next three.
void record(SQLite::Database& database, const Migration& migration, core::UtcTime now) {
  SQLite::Statement row(
      database, "INSERT INTO migration (number, title, sha256, applied_at) VALUES (?, ?, ?, ?)");
  row.bind(1, migration.number);
  row.bind(2, std::string(migration.title));
  row.bind(3, core::sha256_hex(migration.sql));
  row.bind(4, static_cast<std::int64_t>(now.time_since_epoch().count()));
  row.exec();
  database.exec("PRAGMA user_version = " + std::to_string(migration.number));
}

void apply_one(SQLite::Database& database, const Migration& migration, core::UtcTime now) {
  database.exec(std::string(migration.sql));
  record(database, migration, now);
}

void make_schema(SQLite::Database& database, const Schema& schema, core::UtcTime now) {
  database.exec(std::string(schema.whole));
  for (const Migration& migration : schema.migrations) {
    if (schema.whole.empty()) {
      apply_one(database, migration, now);
    } else {
      record(database, migration, now);
    }
  }
}

// In one transaction, which follows on the ledger's schema.
void follow_on(SQLite::Database& database, int version, const std::function<void()>& apply) {
  Transaction transaction(database, Transaction::Kind::writing);
  // Read again under the lock: another program may have been faster.
  if (version_of(database) == version) {
    apply();
    transaction.commit();
  }
}

}  // namespace

MigrationOutcome migrate(SQLite::Database& database, const std::string& path, const Schema& schema,
                         core::UtcTime now, bool backup) {
  return with_ledger_errors(path, "upgrade", [&] {
    const std::span<const Migration> migrations = schema.migrations;
    MigrationOutcome outcome;
    const int newest = newest_of(migrations);
    outcome.from = outcome.to = version_of(database);
    refuse_newer(database, path, outcome.from, migrations);
    database.exec(
        "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, title TEXT NOT NULL, "
        "sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
    verify_applied(database, path, migrations);
    if (backup && outcome.from > 0 && outcome.from < newest) {
      remove_abandoned_drafts(path + kBackup, "TZ-");
      outcome.backup = backup_name(path, outcome.from, now);
      back_up(database, outcome.backup);
    }
    if (outcome.from == 0) {  // at once: each commit waits for the disk
      follow_on(database, 0, [&] { make_schema(database, schema, now); });
    }
    for (const Migration& migration : migrations) {
      if (outcome.from > 0 && migration.number > outcome.from) {
        follow_on(database, migration.number - 1, [&] { apply_one(database, migration, now); });
      }
    }
    outcome.to = version_of(database);
    return outcome;
  });
}

void require_no_newer_schema(const std::string& path, std::int64_t schema,
                             std::span<const Migration> migrations) {
  if (const int newest = newest_of(migrations); schema > newest) {
    throw LedgerUnreadable("the ledger " + path + " has schema " + std::to_string(schema) +
                           ", this program knows " + std::to_string(newest) +
                           "; it was not changed. Use the newer reeltally");
  }
}

void require_schema(SQLite::Database& database, const std::string& path,
                    std::span<const Migration> migrations) {
  with_ledger_errors(path, "read", [&] {
    const int version = version_of(database);
    refuse_newer(database, path, version, migrations);
    if (version < newest_of(migrations)) {
      refuse(database, "the ledger " + path + " has the older schema " + std::to_string(version) +
                           "; upgrade it with `reeltally db migrate`");
    }
    verify_applied(database, path, migrations);
  });
}

}  // namespace storage
