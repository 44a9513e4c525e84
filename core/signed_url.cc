#include "core/signed_url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/printable.h"

namespace core {
namespace {

using std::chrono::sys_seconds;

// Earlier is no moment at which a video link dies, but a duration or garbage.
constexpr sys_seconds kEarliest = std::chrono::sys_days(std::chrono::year(2015) / 1 / 1);
constexpr sys_seconds kLatest = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);
// OSS V4, S3 V4 and TOS V4 sign for seven days at most.
constexpr std::int64_t kDurationMax = 604'800;
constexpr std::size_t kRedactedPathBytes = 48;
constexpr std::size_t kRedactedBytesMax = 200;

/// The parameters that say something about expiry; empty when absent.
enum Parameter : std::size_t {
  expires,
  ks_time,
  oss_version,
  oss_date,
  oss_expires,
  amz_date,
  amz_expires,
  tos_date,
  tos_expires,
};
constexpr std::array<std::string_view, 9> kNames{
    "expires",       "kstime",        "x-oss-signature-version",
    "x-oss-date",    "x-oss-expires", "x-amz-date",
    "x-amz-expires", "x-tos-date",    "x-tos-expires"};
// Longer than any value that counts.
constexpr std::size_t kValueBytesMax = 32;

/// A short decoded text, without allocation: most parameters of a link are long signatures.
struct Value {
  std::array<char, kValueBytesMax> bytes{};
  std::size_t size = 0;
  bool given = false;
  [[nodiscard]] std::string_view text() const { return {bytes.data(), size}; }
};
using Values = std::array<Value, kNames.size()>;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Undoes percent-encoding; a stray `%` stays. Too long a text gives an empty one.
Value decoded(std::string_view text) {
  Value value;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (value.size == kValueBytesMax) return {};
    char c = text[at];
    if (c == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 &&
        hex_digit(text[at + 2]) >= 0) {
      c = static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
      at += 2;
    }
    value.bytes[value.size++] = c;
  }
  return value;
}

void take(std::string_view pair, Values& values) {
  const std::size_t equals = std::min(pair.find('='), pair.size());
  Value name = decoded(pair.substr(0, equals));
  std::transform(name.bytes.begin(), name.bytes.end(), name.bytes.begin(), lower);
  const auto* known = std::find(kNames.begin(), kNames.end(), name.text());
  if (known == kNames.end()) return;
  Value& value = values[static_cast<std::size_t>(known - kNames.begin())];
  if (value.given) return;
  value = decoded(pair.substr(std::min(equals + 1, pair.size())));
  value.given = true;
}

Values read_query(std::string_view url) {
  Values values;
  url = url.substr(0, url.find('#'));
  const std::size_t mark = url.find('?');
  if (mark == std::string_view::npos) return values;
  std::string_view query = url.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    take(query.substr(0, end), values);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return values;
}

std::optional<std::int64_t> integer(std::string_view text, int base = 10) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, base);
  if (result.ec != std::errc() || result.ptr != end || value < 0) return std::nullopt;
  return value;
}

std::optional<sys_seconds> credible(std::optional<std::int64_t> seconds) {
  if (!seconds || *seconds < kEarliest.time_since_epoch().count() ||
      *seconds > kLatest.time_since_epoch().count()) {
    return std::nullopt;
  }
  return sys_seconds(std::chrono::seconds(*seconds));
}

/// YYYYMMDDTHHMMSSZ, the form that OSS V4, S3 V4 and TOS V4 share.
std::optional<sys_seconds> signing_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto year = integer(text.substr(0, 4));
  const auto month = integer(text.substr(4, 2));
  const auto day = integer(text.substr(6, 2));
  const auto hour = integer(text.substr(9, 2));
  const auto minute = integer(text.substr(11, 2));
  const auto second = integer(text.substr(13, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::optional<sys_seconds> absolute(const Value& value, int base = 10) {
  return credible(integer(value.text(), base));
}

std::optional<sys_seconds> date_plus(const Value& date, const Value& duration) {
  const auto start = signing_date(date.text());
  const auto seconds = integer(duration.text());
  if (!start || !seconds || *seconds < 1 || *seconds > kDurationMax) return std::nullopt;
  return credible(start->time_since_epoch().count() + *seconds);
}

bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
         });
}

}  // namespace

std::optional<UtcTime> link_expiry(std::string_view url) {
  const Values values = read_query(url);
  const bool oss_date_counts = values[oss_date].given && values[oss_version].text() != "OSS2";
  const std::array<std::optional<sys_seconds>, 5> moments{
      absolute(values[expires]), absolute(values[ks_time], 16),
      oss_date_counts ? date_plus(values[oss_date], values[oss_expires])
                      : absolute(values[oss_expires]),
      date_plus(values[amz_date], values[amz_expires]),
      date_plus(values[tos_date], values[tos_expires])};
  std::optional<UtcTime> soonest;
  for (const auto& moment : moments) {
    if (moment && (!soonest || *moment < *soonest)) soonest = *moment;
  }
  return soonest;
}

std::string redacted_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  std::string out;
  std::string_view path = url;
  if (!url.starts_with('/')) {
    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos || !is_scheme(url.substr(0, colon))) return "(no URL)";
    const std::string_view rest = url.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find('/'));
    path = rest.substr(authority.size());
    const std::size_t user = authority.rfind('@');
    out.append(url.substr(0, colon + 3));
    out.append(user == std::string_view::npos ? authority : authority.substr(user + 1));
  }
  return printable(out, kRedactedBytesMax) + printable(path, kRedactedPathBytes);
}

}  // namespace core
