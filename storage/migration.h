// The ledger's schema as numbered, append-only SQL files, built into the program.
#pragma once

#include <span>
#include <string_view>

namespace storage {

/// One file of migrations/: applied in one transaction, recorded with its checksum.
struct Migration {
  int number;
  std::string_view title;
  std::string_view sql;
};

/// All files in migrations/, for SQLite, numbered from 1 without gaps.
[[nodiscard]] std::span<const Migration> embedded_migrations();
/// The file in migrations/new/.
[[nodiscard]] std::span<const Migration> embedded_starts();
/// All files in migrations/postgres/, with the same numbers.
[[nodiscard]] std::span<const Migration> embedded_postgres_migrations();

/// What brings a ledger to a schema.
struct Schema {
  std::span<const Migration> migrations;
  /// Does to a new ledger what the migrations up to its number do one by one, in a fifth of their
  /// time. Null: there is none.
  const Migration* start = nullptr;
};
/// That of this program, for SQLite.
[[nodiscard]] inline Schema embedded_schema() {
  return {embedded_migrations(), &embedded_starts().back()};
}

/// The number of the last migration; 0 if there is none.
[[nodiscard]] inline int newest_of(std::span<const Migration> migrations) {
  return migrations.empty() ? 0 : migrations.back().number;
}

}  // namespace storage
