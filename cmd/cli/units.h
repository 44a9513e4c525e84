// Durations, sizes and counts as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cmd {

/// Longest duration that is accepted: ten years, so that sums of times never overflow.
inline constexpr std::chrono::milliseconds kDurationMax = std::chrono::hours{24 * 3660};

/// `250ms`, `90s`, `15m`, `36h`, `2d`, `1.5h`, `1h30m` (units in descending order), or plain `0`.
/// Any other number needs a unit. None if the text is not a duration, or is over kDurationMax.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Bytes: `500KB` and `4GB` (powers of 1000), `4GiB` (powers of 1024), `1.5GiB`, `10M` and `10k`
/// (powers of 1024, as in curl and rclone), `512` and `512B`; any case. None if the text is not a
/// size, or exceeds the range of the type.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);

/// For people: `250ms`, `45s`, `2m 05s`, `1h 02m`, `3d 04h`; rounded down. Negative shows as `0s`.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

/// For people: `512 B`, `1.4 GiB`, `812 MiB`: at most four digits. Negative shows as `0 B`.
[[nodiscard]] std::string format_size(std::int64_t bytes);

/// For people: `1 task`, `2 tasks`. A plural with -s alone.
[[nodiscard]] std::string format_count(std::uint64_t count, std::string_view noun);

/// The number of a run, as summaries and `reeltally runs` show it. None if the text is no such
/// number.
[[nodiscard]] std::optional<std::int64_t> parse_run_number(std::string_view text);

}  // namespace cmd
