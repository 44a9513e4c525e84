// Rows of the gateway's log (gateway.md, G13). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "core/domain/log_row.h"
#include "core/gateway/user_list.h"

namespace core {

/// None if the row has no quota or no time, or is of another type. `inner` is used for the JSON
/// inside the row.
[[nodiscard]] std::optional<LogRow> read_log_row(JsonValue row, LogType type, JsonDocument& inner);

/// A row of an export of the log: its cells by the names of its fields.
struct LogCells {
  std::string_view created_at;
  std::string_view quota;
  std::string_view request_id;
  std::string_view token_name;
  std::string_view other;
};
/// "2", "Consume", "退款" …; none for a row about something else, as a top-up.
[[nodiscard]] std::optional<LogType> log_type_of(std::string_view text);
/// As read_log_row.
[[nodiscard]] std::optional<LogRow> read_log_cells(const LogCells& cells, LogType type,
                                                   JsonDocument& inner);

}  // namespace core
