// Rows of the ledger's views, as people and programs read them.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

inline constexpr std::size_t kCellShownMax = 200;  ///< bytes of a value on a line

/// The value of a column; null and no such column are empty.
[[nodiscard]] std::string text_in(const core::ViewRow& row, std::string_view column);
/// The same for a person: printable, without secrets, cut at kCellShownMax.
[[nodiscard]] std::string shown_in(const core::ViewRow& row, std::string_view column);
/// 0 where there is no whole number.
[[nodiscard]] std::int64_t number_in(const core::ViewRow& row, std::string_view column);
/// None where there is no time as the views write it: "2026-06-01T04:00:00Z", also with
/// milliseconds.
[[nodiscard]] std::optional<core::UtcTime> time_in(const core::ViewRow& row,
                                                   std::string_view column);

/// "2026-06-01T04:00:00Z".
[[nodiscard]] std::string utc_second(core::UtcTime time);
/// "2026-06-01T04:00:00Z (3h 12m ago)".
[[nodiscard]] std::string with_distance(core::UtcTime time, core::UtcTime now);

/// The row with numbers as exact numbers (os/json_text.h), `labels`, `inputs` and `errors` as JSON,
/// all else as text.
[[nodiscard]] nlohmann::ordered_json json_of(const core::ViewRow& row);

}  // namespace cmd
