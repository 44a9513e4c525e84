// What the statements of this room need of an engine. Templates instead of virtual calls, because a
// million rows of 25 columns are read through them.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace storage {

/// Reads the rows of a statement forward. Throws the exceptions of its engine.
template <typename Cursor>
concept RowReader = requires(Cursor cursor, const Cursor& row, int column,
                             std::initializer_list<std::int64_t> values) {
  { cursor.step() } -> std::same_as<bool>;  // false after the last row
  cursor.restart(values);                   // again from the start, with other parameters
  { row.is_null(column) } -> std::same_as<bool>;
  { row.integer(column) } -> std::same_as<std::int64_t>;   // null is 0; a condition 0 or 1
  { row.text(column) } -> std::same_as<std::string_view>;  // bytes too, until the next step
  { row.time(column) } -> std::same_as<std::optional<core::UtcTime>>;
};

/// Opens statements, written as in storage/statements/dialect.h, with the values of their
/// parameters from `$1` on.
template <typename Rows>
concept RowSource = RowReader<typename Rows::Cursor> &&
    requires(Rows& rows, const std::string& text, std::initializer_list<std::int64_t> values) {
  { rows.select(text, values) } -> std::same_as<typename Rows::Cursor>;
};

}  // namespace storage
