// All rows of a ledger, handed over from one engine to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "storage/statements/ledger_tables.h"
#include "storage/statements/rows.h"

namespace storage {

/// Where the rows go: one table after the other, each row from left to right.
class TableSink {
 public:
  virtual ~TableSink() = default;
  virtual void begin(const LedgerTable& table) = 0;
  virtual void add_null() = 0;
  virtual void add(std::int64_t value) = 0;
  /// Of a text or bytes column.
  virtual void add(std::string_view value) = 0;
  virtual void end_row() = 0;
  virtual void end() = 0;
  /// Nothing is there unless this returns.
  virtual void publish() = 0;
};

/// When each migration was applied to a ledger, in milliseconds, by its number.
using AppliedMigrations = std::map<std::int64_t, std::int64_t>;

template <RowSource Rows>
[[nodiscard]] AppliedMigrations read_applied(Rows& source) {
  AppliedMigrations applied;
  auto rows = source.select("SELECT number, applied_at FROM migration", {});
  while (rows.step()) {
    applied.emplace(rows.integer(0), rows.integer(1));
  }
  return applied;
}

/// Called behind each table, and every so many rows within a large one.
using CopyProgress = std::function<void(const LedgerTable& table, std::uint64_t rows)>;

/// Copies all tables. Throws what the engines throw.
template <RowSource Rows>
void copy_tables(Rows& source, TableSink& sink, const CopyProgress& progress) {
  constexpr std::uint64_t kRowsBetween = 500'000;
  for (const LedgerTable& table : ledger_tables()) {
    sink.begin(table);
    std::uint64_t count = 0;
    auto rows = source.select(table.select_text(), {});
    while (rows.step()) {
      int at = 0;
      for (const TableColumn& column : table.columns) {
        if (rows.is_null(at)) {
          sink.add_null();
        } else if (column.kind == TableColumn::Kind::integer) {
          sink.add(rows.integer(at));
        } else {
          sink.add(rows.text(at));
        }
        ++at;
      }
      sink.end_row();
      if (++count % kRowsBetween == 0) {
        progress(table, count);
      }
    }
    sink.end();
    progress(table, count);
  }
}

/// Opens the target, for a source whose migrations were applied then.
using OpenSink = std::function<std::unique_ptr<TableSink>(const AppliedMigrations& applied)>;

/// Copies a ledger from its rows to its new place.
template <RowSource Rows>
void copy_ledger_rows(Rows& source, const OpenSink& open_sink, const CopyProgress& progress) {
  const std::unique_ptr<TableSink> sink = open_sink(read_applied(source));
  copy_tables(source, *sink, progress);
  sink->publish();
}

}  // namespace storage
