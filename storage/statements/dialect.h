// The differences between the engines in the texts of statements, expressed by marks.
#pragma once

#include <string>
#include <string_view>

namespace storage {

enum class Dialect { sqlite, postgres };

/// The statement in the engine's dialect. Its parameters are `$1`, `$2` …. The marks are hints for
/// SQLite, which does not know how many rows there are: `{by INDEX}` after a table reads it by that
/// index, `{scan}` by none, and `{then}` is a join that fixes the order of its tables.
[[nodiscard]] std::string in_dialect(std::string_view text, Dialect dialect);

}  // namespace storage
