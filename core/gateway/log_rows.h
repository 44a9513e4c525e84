// Rows of the gateway's log (gateway.md, G13). Pure.
#pragma once

#include <optional>

#include "core/domain/log_row.h"
#include "core/gateway/user_list.h"

namespace core {

/// None if the row has no quota or no time, or is of another type. `inner` is used for the JSON
/// inside the row.
[[nodiscard]] std::optional<LogRow> read_log_row(JsonValue row, LogType type, JsonDocument& inner);

}  // namespace core
