#include "cmd/history/view_row.h"

#include <date/date.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

// Columns of all views whose values are numbers. All others but JSON are text, also where a text
// looks like a number: the ID of a task, a resolution. `code` and `progress` may be words.
constexpr std::array<std::string_view, 39> kNumbers{"queries",        "duration_seconds",
                                                    "input_seconds",  "output_seconds",
                                                    "video_count",    "completion_tokens",
                                                    "total_tokens",   "super_resolution_tokens",
                                                    "units",          "credits",
                                                    "quota",          "videos",
                                                    "videos_on_disk", "stale",
                                                    "snapshot_id",    "run_id",
                                                    "http_status",    "raw_bytes",
                                                    "video_index",    "bytes",
                                                    "attempts",       "took_ms",
                                                    "exit_code",      "rows_rejected",
                                                    "tasks",          "queried",
                                                    "succeeded",      "failed",
                                                    "unfinished",     "missing",
                                                    "not_answered",   "videos_downloaded",
                                                    "videos_failed",  "videos_expired",
                                                    "videos_left",    "requests",
                                                    "retries",        "code",
                                                    "progress"};
constexpr std::array<std::string_view, 3> kJson{"labels", "inputs", "errors"};

Json json_in(std::string_view column, const std::string& value) {
  if (std::find(kNumbers.begin(), kNumbers.end(), column) != kNumbers.end()) {
    return exact_number(value);
  }
  if (std::find(kJson.begin(), kJson.end(), column) != kJson.end()) {
    if (Json parsed = Json::parse(value, nullptr, false); !parsed.is_discarded()) {
      return parsed;
    }
  }
  return value;
}

}  // namespace

std::string text_in(const core::ViewRow& row, std::string_view column) {
  for (const auto& [name, value] : row) {
    if (name == column) {
      return value.value_or("");
    }
  }
  return "";
}

std::string shown_in(const core::ViewRow& row, std::string_view column) {
  return core::printable(core::redact_keys(core::redact_urls(text_in(row, column))), kCellShownMax);
}

std::int64_t number_in(const core::ViewRow& row, std::string_view column) {
  const std::string digits = text_in(row, column);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// As the views write it: 2026-11-28T01:02:03Z, or with three digits of a fraction.
std::optional<core::UtcTime> time_in(const core::ViewRow& row, std::string_view column) {
  const std::string text = text_in(row, column);
  std::tm fields{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &fields);
  if (rest == nullptr) {
    return std::nullopt;
  }
  std::int64_t milliseconds = 0;
  if (*rest == '.') {
    std::from_chars(rest + 1, text.c_str() + text.size(), milliseconds);
  }
  return core::UtcTime(std::chrono::seconds(timegm(&fields)) +
                       std::chrono::milliseconds(milliseconds));
}

std::string utc_second(core::UtcTime time) {
  return date::format("%Y-%m-%dT%H:%M:%SZ", date::floor<std::chrono::seconds>(time));
}

std::string with_distance(core::UtcTime time, core::UtcTime now) {
  const bool past = now >= time;
  const auto distance = std::chrono::floor<std::chrono::seconds>(past ? now - time : time - now);
  return utc_second(time) + " (" + (past ? "" : "in ") + format_duration(distance) +
         (past ? " ago)" : ")");
}

Json json_of(const core::ViewRow& row) {
  Json json = Json::object();
  for (const auto& [name, value] : row) {
    json[name] = value ? json_in(name, *value) : Json();
  }
  return json;
}

}  // namespace cmd
