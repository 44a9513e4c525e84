#include "core/gateway/log_rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "core/gateway/usage.h"
#include "core/text/ascii.h"

namespace core {
namespace {

std::optional<UtcTime> time_of(std::string_view text) {
  std::int64_t number = 0;
  constexpr std::int64_t kSecondsMax = 99'999'999'999;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 ||
      number > kSecondsMax) {
    return std::nullopt;
  }
  return UtcTime(std::chrono::seconds(number));
}

std::optional<Decimal> quota_of(JsonValue value) { return Decimal::parse(plain_decimal(value)); }

// `other` as JSON in a text.
JsonValue other_of(std::string_view text, JsonDocument& inner) {
  static_cast<void>(inner.read(text));  // after a failure it is empty
  return inner.root();
}

bool names_a_video_path(std::string_view path) {
  return path.find("/video") != std::string_view::npos;
}

std::optional<LogRow> row_of(const LogCells& cells, const std::optional<Decimal>& quota,
                             JsonValue other, LogType type) {
  const auto at = time_of(cells.created_at);
  if (!at || !quota) {
    return std::nullopt;
  }
  LogRow row{.at = *at,
             .request_id = std::string(cells.request_id),
             .task_id = std::string(other["task_id"].scalar()),
             .key_name = std::string(cells.token_name),
             .quota = type == LogType::charge ? *quota : -*quota,
             .before = {}};
  const auto before = quota_of(other["pre_consumed_quota"]);
  const auto settled = quota_of(other["actual_quota"]);
  if (before && settled) {
    row.settles = true;
    row.before = *before;
    row.quota = *settled - *before;  // the row's own quota has no sign
  }
  row.is_task = !row.task_id.empty() || other["is_task"].scalar() == "true" ||
                names_a_video_path(other["request_path"].text());
  return row;
}

}  // namespace

std::optional<LogRow> read_log_row(JsonValue row, LogType type, JsonDocument& inner) {
  const JsonValue said_type = row["type"];
  if (said_type.exists() && said_type.scalar() != std::to_string(static_cast<int>(type))) {
    return std::nullopt;
  }
  const JsonValue other = row["other"];
  return row_of({.created_at = row["created_at"].scalar(),
                 .quota = {},
                 .request_id = row["request_id"].text(),
                 .token_name = row["token_name"].text(),
                 .other = {}},
                quota_of(row["quota"]), other.is_string() ? other_of(other.text(), inner) : other,
                type);
}

std::optional<LogType> log_type_of(std::string_view text) {
  constexpr std::array<std::string_view, 4> kCharges{"2", "consume", "consumption", "消费"};
  constexpr std::array<std::string_view, 3> kRefunds{"6", "refund", "退款"};
  const auto is = [text](std::string_view word) { return equal_but_for_case(text, word); };
  if (std::any_of(kCharges.begin(), kCharges.end(), is)) {
    return LogType::charge;
  }
  return std::any_of(kRefunds.begin(), kRefunds.end(), is) ? std::optional(LogType::refund)
                                                           : std::nullopt;
}

std::optional<LogRow> read_log_cells(const LogCells& cells, LogType type, JsonDocument& inner) {
  return row_of(cells, Decimal::parse(cells.quota), other_of(cells.other, inner), type);
}

}  // namespace core
