#include "core/gateway/answer_facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "core/gateway/api.h"
#include "core/gateway/usage.h"
#include "core/gateway/video_links.h"
#include "core/text/ascii.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"
#include "core/text/utf8.h"

namespace core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kReasonBytesMax = 500;

constexpr UtcTime kEarliest{std::chrono::sys_days(std::chrono::year(2000) / 1 / 1)};
constexpr UtcTime kLatest{std::chrono::sys_days(std::chrono::year(9999) / 12 / 31)};

// DashScope sends Beijing time without a zone (gateway.md T1).
constexpr minutes kDashScopeZone = std::chrono::hours(8);

std::optional<UtcTime> credible(UtcTime time) {
  if (time < kEarliest || time > kLatest) {
    return std::nullopt;
  }
  return time;
}

std::int64_t integer(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// Milliseconds from the first three digits after a decimal point.
milliseconds fraction(std::string_view digits) {
  if (digits.empty()) {
    return milliseconds(0);
  }
  std::string three(digits.substr(0, 3));
  three.resize(3, '0');
  return milliseconds(integer(three));
}

std::optional<UtcTime> epoch_time(std::string_view decimal) {
  static constexpr std::int64_t kMillisecondsFrom = 100'000'000'000;
  const std::size_t point = std::min(decimal.find('.'), decimal.size());
  const std::int64_t value = integer(decimal.substr(0, point));
  if (value >= kMillisecondsFrom) {
    return credible(UtcTime(milliseconds(std::min(value, kLatest.time_since_epoch().count() + 1))));
  }
  const std::string_view digits = decimal.substr(std::min(point + 1, decimal.size()));
  return credible(UtcTime(std::chrono::seconds(value) + fraction(digits)));
}

// Whether a text is its own plain decimal, as most times are: seconds or milliseconds.
bool is_whole_number(std::string_view text) {
  constexpr std::size_t kDigitsMax = 18;  // of std::int64_t
  return !text.empty() && text.size() <= kDigitsMax && text[0] != '0' &&
         std::all_of(text.begin(), text.end(), is_ascii_digit);
}

// Reads a text from left to right; after the first mismatch every read fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  // Exactly `count` digits, at most four.
  int number(std::size_t count) {
    constexpr int kTen = 10;
    int value = 0;
    failed_ = failed_ || rest_.size() < count;
    for (const char c : rest_.substr(0, count)) {
      failed_ = failed_ || !is_ascii_digit(c);
      value = kTen * value + (c - '0');
    }
    if (failed_) {
      return 0;
    }
    rest_.remove_prefix(count);
    return value;
  }

  std::string_view digits() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_ascii_digit);
    const std::string_view digits = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(digits.size());
    return digits;
  }

  // The next character if it is one of `characters`; else NUL.
  char take(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_[0]) == std::string_view::npos) {
      return '\0';
    }
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }
  void require(std::string_view characters) { failed_ = failed_ || take(characters) == '\0'; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

// The zone after the time of day: "Z", "+08:00", "+0800", or none.
std::optional<minutes> read_zone(Scanner& scanner, std::optional<minutes> otherwise) {
  if (scanner.at_end()) {
    return otherwise;
  }
  if (scanner.take("Zz") != '\0') {
    return minutes(0);
  }
  const char sign = scanner.take("+-");
  const int hours = scanner.number(2);
  (void)scanner.take(":");
  const minutes offset = std::chrono::hours(hours) + minutes(scanner.number(2));
  if (sign == '\0' || scanner.failed()) {
    return std::nullopt;
  }
  return sign == '-' ? -offset : offset;
}

// YYYY-MM-DD hh:mm:ss, also with T as separator, a fraction and a zone (ISO 8601, RFC 3339).
std::optional<UtcTime> written_time(std::string_view text, std::optional<minutes> zone) {
  Scanner scanner(text);
  const int year = scanner.number(4);
  scanner.require("-");
  const int month = scanner.number(2);
  scanner.require("-");
  const int day = scanner.number(2);
  scanner.require(" Tt");
  const int hour = scanner.number(2);
  scanner.require(":");
  const int minute = scanner.number(2);
  scanner.require(":");
  const int second = scanner.number(2);
  const milliseconds rest =
      scanner.take(".") != '\0' ? fraction(scanner.digits()) : milliseconds(0);
  const std::optional<minutes> offset = read_zone(scanner, zone);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (scanner.failed() || !scanner.at_end() || !offset || !date.ok()) {
    return std::nullopt;
  }
  if (hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return credible(UtcTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
                  minutes(minute) + std::chrono::seconds(second) + rest - *offset);
}

std::optional<UtcTime> first_time(JsonValue object, std::initializer_list<MarkedKey> keys) {
  for (const MarkedKey& key : keys) {
    const auto time = read_time(object[key]);
    if (time) {
      return time;
    }
  }
  return std::nullopt;
}

// The end as the vendor states it, from the innermost level that has one.
std::optional<UtcTime> upstream_end(const AnswerLevels& levels) {
  for (const JsonValue* level = levels.end(); level-- != levels.upstream_begin();) {
    // A gateway in between states when it noticed the end, which is not the vendor's time.
    if ((*level)["finish_time"].exists()) {
      continue;
    }
    if (const auto time = read_time((*level)["output"]["end_time"], kDashScopeZone)) {
      return time;
    }
    if (const auto time = first_time(*level, {"updated_at", "update_time", "completed_at"})) {
      return time;
    }
  }
  return std::nullopt;
}

// Whether a text is what `for_people` makes of it, seen at once: no URL, no key ("sk-"), no blank,
// nothing behind a `?` or a `=`. Most names are so.
bool is_plain_word(std::string_view text) {
  static constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t byte = 0; byte < plain.size(); ++byte) {
      const auto c = static_cast<char>(byte);
      plain[byte] = is_ascii_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '/';
    }
    return plain;
  }();
  bool is_plain = true;
  char before = '\0';
  for (const char c : text) {
    const bool begins_key = c == '-' && lower_ascii(before) == 'k';
    is_plain = is_plain && kPlain[static_cast<unsigned char>(c)] && !begins_key;
    before = c;
  }
  return is_plain;
}

std::string first_name(std::initializer_list<JsonValue> values) {
  for (const JsonValue value : values) {
    if (!value.text().empty()) {
      return for_people(value.text(), kNameBytesMax);
    }
  }
  return {};
}

std::string read_model(const AnswerLevels& levels) {
  std::string model =
      first_name({levels.task()["properties"]["origin_model_name"], levels.task()["model"]});
  for (const JsonValue* level = levels.upstream_begin(); model.empty() && level != levels.end();
       ++level) {
    model = first_name({(*level)["properties"]["origin_model_name"], (*level)["model"]});
  }
  if (model.empty()) {
    model = first_name({levels.task()["properties"]["upstream_model_name"]});
  }
  return model;
}

bool is_zero(JsonValue code) { return code.scalar() == "0"; }

// "code: message"; only one of them if the other repeats it or is empty.
std::string joined(JsonValue code, JsonValue message) {
  const std::string_view words = trim_ascii(message.text());
  std::string text(is_success_code(code) ? std::string_view() : trim_ascii(code.scalar()));
  if (text == words) {
    return text;
  }
  if (!text.empty() && !words.empty()) {
    text += ": ";
  }
  return text.append(words);
}

// `error` is an object with code and message, a text, a number, or null.
std::string error_text(JsonValue error) {
  return error.is_object() ? joined(error["code"], error["message"])
                           : std::string(trim_ascii(error.is_boolean() ? "" : error.scalar()));
}

// The failure text of one level of the vendor's body (gateway.md, section 5, "failure text").
std::string cause_at(JsonValue level) {
  std::string text = error_text(level["error"]);
  if (text.empty()) {
    text = joined(level["output"]["code"], level["output"]["message"]);
  }
  if (text.empty()) {
    text = trim_ascii(level["task_status_msg"].text());
  }
  if (text.empty() && !is_success_code(level["err_code"])) {
    text = level["err_code"].scalar();
  }
  const JsonValue base = level["base_resp"];
  if (text.empty() && !base["status_code"].is_null() && !is_zero(base["status_code"])) {
    text = joined(base["status_code"], base["status_msg"]);
  }
  if (text.empty()) {
    text = error_text(level["fail_reason"]);
  }
  // Jimeng's code 10000 means success.
  const JsonValue code = level["code"];
  if (text.empty() && !is_success_code(code) && code.scalar() != "10000") {
    text = joined(code, level["message"]);
  }
  // Kling's newer answers list tasks that each have a status and a message.
  if (text.empty() && verdict_of_word(level["status"].text()) == Verdict::failed) {
    text = trim_ascii(level["message"].text());
  }
  return text;
}

// Whether a reason only states that the task failed.
bool says_nothing(std::string_view reason) {
  std::string words = lower_ascii(utf8_start(reason, 32));
  std::erase_if(words, [](char c) { return c == '.' || c == '!'; });
  static constexpr std::array<std::string_view, 9> kWords{
      "",      "task failed",   "failed",   "fail",    "failure",
      "error", "unknown error", "任务失败", "未知错误"};
  return std::find(kWords.begin(), kWords.end(), words) != kWords.end();
}

// The gateway's own failure text: the first informative one, else the first.
std::string own_reason(JsonValue task) {
  std::string first;
  for (const JsonValue said : {task["error"], task["fail_reason"], task["result_url"]}) {
    std::string text = error_text(said);
    if (is_link(text)) {
      continue;
    }
    if (!says_nothing(text)) {
      return text;
    }
    if (first.empty()) {
      first = std::move(text);
    }
  }
  return first;
}

// Whether `text` contains the words of `part`, as whole words.
bool has_words(std::string_view text, std::string_view part) {
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    const bool begins = at == 0 || !is_ascii_alphanumeric(text[at - 1]);
    if (begins && (end == text.size() || !is_ascii_alphanumeric(text[end]))) {
      return true;
    }
  }
  return false;
}

// Whether the outer reason contains everything in the inner one ("code: message").
bool holds_all_of(std::string_view outer, std::string_view inner) {
  const std::size_t colon = inner.find(": ");
  return has_words(outer, inner) ||
         (colon != std::string_view::npos && has_words(outer, inner.substr(0, colon)) &&
          has_words(outer, inner.substr(colon + 2)));
}

std::string both_reasons(std::string_view outer_text, std::string_view inner_text) {
  // A huge text is cut later anyway, and comparing all of it takes quadratic time.
  std::string outer(utf8_start(outer_text, 4 * kReasonBytesMax));
  std::string inner(utf8_start(inner_text, 4 * kReasonBytesMax));
  if (says_nothing(inner)) {
    return outer;
  }
  const bool repeats = holds_all_of(outer, inner);
  // Stock gateways wrap DashScope's text: "task failed, code: C , message: m".
  if (repeats && outer.starts_with("task failed, ")) {
    return inner;
  }
  if (repeats) {
    return outer;
  }
  if (says_nothing(outer) || has_words(inner, outer)) {
    return inner;
  }
  return outer + " (upstream: " + inner + ")";
}

}  // namespace

std::optional<UtcTime> read_time(JsonValue value, std::optional<minutes> zone) {
  if (const std::string_view text = value.scalar(); is_whole_number(text)) {
    return epoch_time(text);
  }
  const std::string decimal = plain_decimal(value);
  if (!decimal.empty()) {
    return epoch_time(decimal);
  }
  return written_time(value.text(), zone);
}

void read_task_facts(const AnswerLevels& levels, bool final, TaskFacts& facts) {
  const JsonValue task = levels.task();
  facts.submit_time = first_time(task, {"submit_time", "created_at"});
  facts.start_time = first_time(task, {"start_time"});
  if (final) {
    facts.finish_time = first_time(task, {"finish_time", "completed_at", "finished_at"});
    facts.upstream_end_time = upstream_end(levels);
  }
  facts.model = read_model(levels);
  facts.action = first_name({task["action"]});
  facts.request_id = first_name({task["request_id"]});
  facts.quota = plain_decimal(task["quota"]);
}

bool states_end(JsonValue task) { return read_time(task["finish_time"]).has_value(); }

std::string read_fail_reason(const AnswerLevels& levels) {
  std::string outer = own_reason(levels.task());
  std::string inner;
  for (const JsonValue* level = levels.upstream_begin(); level != levels.end(); ++level) {
    std::string cause = cause_at(*level);
    if (says_nothing(outer) && !cause.empty()) {
      outer = cause;
    }
    if (!cause.empty()) {
      inner = std::move(cause);
    }
  }
  return for_people(both_reasons(outer, inner), kReasonBytesMax);
}

bool is_success_code(JsonValue code) {
  if (code.is_null()) {
    return true;
  }
  if (code.is_object() || code.is_array()) {
    return false;
  }
  const std::string word = lower_ascii(utf8_start(code.scalar(), 16));
  static constexpr std::array<std::string_view, 6> kFine{"", "success", "ok", "0", "200", "true"};
  return std::find(kFine.begin(), kFine.end(), word) != kFine.end();
}

std::string for_people(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max && is_plain_word(text)) {
    return std::string(text);
  }
  // Enough to reach the limit after masking; the rest of a huge text is not processed.
  const std::string_view start = utf8_start(text, 8 * bytes_max);
  return printable(redact_keys(redact_urls(start)), bytes_max);
}

}  // namespace core
