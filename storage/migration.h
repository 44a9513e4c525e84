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
/// All files in migrations/postgres/, with the same numbers.
[[nodiscard]] std::span<const Migration> embedded_postgres_migrations();

/// What all of embedded_migrations() make of an empty database, as SQLite keeps it; made by the
/// build. To apply it takes a fifth of their time.
[[nodiscard]] std::string_view embedded_whole_schema();

/// What brings a ledger to a schema.
struct Schema {
  std::span<const Migration> migrations;
  std::string_view whole{};  ///< what all of them make of a new ledger; empty: each is applied
};
/// That of this program, for SQLite.
[[nodiscard]] inline Schema embedded_schema() {
  return {embedded_migrations(), embedded_whole_schema()};
}

/// The number of the last migration; 0 if there is none.
[[nodiscard]] inline int newest_of(std::span<const Migration> migrations) {
  return migrations.empty() ? 0 : migrations.back().number;
}

}  // namespace storage
