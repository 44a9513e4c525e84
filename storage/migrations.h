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

/// All of them, ascending from 1 without a gap.
[[nodiscard]] std::span<const Migration> embedded_migrations();

}  // namespace storage
