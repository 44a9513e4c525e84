#include "core/gateway/log_rows.h"

#include <charconv>
#include <string>

#include "core/gateway/usage.h"

namespace core {
namespace {

std::optional<UtcTime> time_of(JsonValue seconds) {
  std::int64_t number = 0;
  const std::string_view text = seconds.scalar();
  constexpr std::int64_t kSecondsMax = 99'999'999'999;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 ||
      number > kSecondsMax) {
    return std::nullopt;
  }
  return UtcTime(std::chrono::seconds(number));
}

std::optional<Decimal> quota_of(JsonValue value) { return Decimal::parse(plain_decimal(value)); }

// `other` is an object, mostly as JSON in a text.
JsonValue other_of(JsonValue row, JsonDocument& inner) {
  const JsonValue other = row["other"];
  if (!other.is_string()) {
    return other;
  }
  static_cast<void>(inner.read(other.text()));  // after a failure it is empty
  return inner.root();
}

bool names_a_video_path(std::string_view path) {
  return path.find("/video") != std::string_view::npos;
}

}  // namespace

std::optional<LogRow> read_log_row(JsonValue row, LogType type, JsonDocument& inner) {
  const auto at = time_of(row["created_at"]);
  const auto quota = quota_of(row["quota"]);
  const JsonValue said_type = row["type"];
  if (!at || !quota ||
      (said_type.exists() && said_type.scalar() != std::to_string(static_cast<int>(type)))) {
    return std::nullopt;
  }
  const JsonValue other = other_of(row, inner);
  LogRow read{.at = *at,
              .request_id = std::string(row["request_id"].text()),
              .task_id = std::string(other["task_id"].scalar()),
              .key_name = std::string(row["token_name"].text()),
              .quota = type == LogType::charge ? *quota : -*quota,
              .settled = {},
              .before = {}};
  const auto before = quota_of(other["pre_consumed_quota"]);
  const auto settled = quota_of(other["actual_quota"]);
  if (before && settled) {
    read.settles = true;
    read.before = *before;
    read.settled = *settled;
    read.quota = *settled - *before;  // the row's own quota has no sign
  }
  read.is_task = !read.task_id.empty() || other["is_task"].scalar() == "true" ||
                 names_a_video_path(other["request_path"].text());
  return read;
}

}  // namespace core
