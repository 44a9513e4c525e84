// What commands that change a ledger between runs need of an engine.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "storage/statements/rows.h"

namespace storage {

/// One writing transaction of a ledger that no run writes. Texts as in
/// storage/statements/dialect.h.
template <typename Ledger>
concept MaintainedLedger = RowSource<typename Ledger::Rows> &&
    requires(Ledger& ledger, const std::string& text, std::initializer_list<std::int64_t> values) {
  { ledger.rows() } -> std::same_as<typename Ledger::Rows&>;
  { ledger.change(text, values) } -> std::same_as<std::uint64_t>;  // how many rows
};

/// A number of a statement with one row.
template <RowSource Rows>
[[nodiscard]] std::int64_t read_number(Rows& rows, const std::string& text,
                                       std::initializer_list<std::int64_t> values) {
  auto row = rows.select(text, values);
  static_cast<void>(row.step());
  return row.integer(0);
}

}  // namespace storage
