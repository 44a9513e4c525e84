#include "core/gateway/link_expiry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/text/ascii.h"
#include "core/text/percent.h"

namespace core {
namespace {

using std::chrono::sys_seconds;

// An earlier time is not the expiry of a video link, but a duration or garbage.
constexpr sys_seconds kEarliestExpiry = std::chrono::sys_days(std::chrono::year(2015) / 1 / 1);
constexpr sys_seconds kLatestExpiry = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);
// OSS V4, S3 V4, TOS V4 and GCS V4 allow at most seven days.
constexpr std::int64_t kDurationMax = 604'800;
// BOS and OBS have no limit; more than ten years is a point in time instead of a duration.
constexpr std::int64_t kLongDurationMax = std::int64_t{3650} * 86'400;

// The parameters that decide the expiry; empty if absent.
enum class Parameter : std::size_t {
  expires,
  x_expires,
  ks_time,
  oss_version,
  oss_date,
  oss_expires,
  amz_date,
  amz_expires,
  tos_date,
  tos_expires,
  goog_date,
  goog_expires,
  obs_date,
  obs_expires,
  azure_expiry,
  azure_signature,
  cdn_key,
  cos_time,
  bos_authorization,
  qiniu_deadline,
  qiniu_token,
  tencent_time,
  tencent_secret,
  short_time,
  short_sign
};
// In the order of Parameter.
constexpr std::array<std::string_view, 25> kNames{"expires",
                                                  "x-expires",
                                                  "kstime",
                                                  "x-oss-signature-version",
                                                  "x-oss-date",
                                                  "x-oss-expires",
                                                  "x-amz-date",
                                                  "x-amz-expires",
                                                  "x-tos-date",
                                                  "x-tos-expires",
                                                  "x-goog-date",
                                                  "x-goog-expires",
                                                  "x-obs-date",
                                                  "x-obs-expires",
                                                  "se",
                                                  "sig",
                                                  "auth_key",
                                                  "q-sign-time",
                                                  "authorization",
                                                  "e",
                                                  "token",
                                                  "txtime",
                                                  "txsecret",
                                                  "t",
                                                  "sign"};
static_assert(kNames.size() == static_cast<std::size_t>(Parameter::short_sign) + 1);
// Enough to read the time in the longest value: in BOS an access key comes before it.
constexpr std::size_t kValueBytesMax = 160;

// A short decoded text without allocation: most parameters of a link are long signatures.
struct Value {
  std::array<char, kValueBytesMax> bytes;
  std::size_t size = 0;
  bool given = false;
  bool cut = false;  // the text is longer
  [[nodiscard]] std::string_view text() const { return {bytes.data(), size}; }
};
struct Values {
  std::array<Value, kNames.size()> all;
  const Value& operator[](Parameter one) const { return all[static_cast<std::size_t>(one)]; }
};

// Decodes percent-encoding; a stray `%` stays. A text that is too long is cut.
void decode(std::string_view text, Value& value) {
  value.size = 0;
  if (text.size() <= kValueBytesMax && text.find('%') == std::string_view::npos) {  // most
    value.size = text.copy(value.bytes.data(), text.size());
    return;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    value.cut = value.size == kValueBytesMax;
    if (value.cut) {
      return;
    }
    value.bytes[value.size++] = percent_decoded(text, at);
  }
}

void take(std::string_view pair, Values& values) {
  const std::size_t equals = std::min(pair.find('='), pair.size());
  Value name;
  decode(pair.substr(0, equals), name);
  std::transform(name.bytes.begin(), name.bytes.begin() + static_cast<std::ptrdiff_t>(name.size),
                 name.bytes.begin(), [](char one) { return lower_ascii(one); });
  const auto* known = std::find(kNames.begin(), kNames.end(), name.text());
  if (known == kNames.end()) {
    return;
  }
  Value& value = values.all[static_cast<std::size_t>(known - kNames.begin())];
  if (value.given) {
    return;
  }
  decode(pair.substr(std::min(equals + 1, pair.size())), value);
  value.given = true;
}

Values read_query(std::string_view url) {
  Values values;
  url = url.substr(0, url.find('#'));
  const std::size_t mark = url.find('?');
  if (mark == std::string_view::npos) {
    return values;
  }
  std::string_view query = url.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    take(query.substr(0, end), values);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return values;
}

std::optional<std::int64_t> whole_number(std::string_view text, int base = 10) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, base);
  if (result.ec != std::errc() || result.ptr != end || value < 0) {
    return std::nullopt;
  }
  return value;
}

std::optional<sys_seconds> credible(std::optional<std::int64_t> seconds) {
  if (!seconds || *seconds < kEarliestExpiry.time_since_epoch().count() ||
      *seconds > kLatestExpiry.time_since_epoch().count()) {
    return std::nullopt;
  }
  return sys_seconds(std::chrono::seconds(*seconds));
}

struct TimeOfDay {
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
};

std::optional<sys_seconds> moment(std::string_view year, std::string_view month,
                                  std::string_view day, const TimeOfDay& clock) {
  const auto y = whole_number(year);
  const auto m = whole_number(month);
  const auto d = whole_number(day);
  if (!y || !m || !d) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*y)),
                                         std::chrono::month(static_cast<unsigned>(*m)),
                                         std::chrono::day(static_cast<unsigned>(*d)));
  if (!date.ok() || clock.hour > 23 || clock.minute > 59 || clock.second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(clock.hour) +
         std::chrono::minutes(clock.minute) + std::chrono::seconds(clock.second);
}

// YYYYMMDDTHHMMSSZ, the form that OSS V4, S3 V4, TOS V4, GCS V4 and OBS share.
std::optional<sys_seconds> signing_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') {
    return std::nullopt;
  }
  const auto hour = whole_number(text.substr(9, 2));
  const auto minute = whole_number(text.substr(11, 2));
  const auto second = whole_number(text.substr(13, 2));
  if (!hour || !minute || !second) {
    return std::nullopt;
  }
  return moment(text.substr(0, 4), text.substr(4, 2), text.substr(6, 2), {*hour, *minute, *second});
}

// YYYY-MM-DD, YYYY-MM-DDThh:mmZ or YYYY-MM-DDThh:mm:ssZ, optionally with a fraction of a second.
std::optional<sys_seconds> iso_date(std::string_view text) {
  constexpr std::size_t kDay = 10;
  if (text.size() < kDay || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  TimeOfDay clock;
  std::string_view rest = text.substr(kDay);
  if (!rest.empty()) {
    if (rest.size() < 7 || rest[0] != 'T' || rest[3] != ':' || !rest.ends_with('Z')) {
      return std::nullopt;
    }
    const auto hour = whole_number(rest.substr(1, 2));
    const auto minute = whole_number(rest.substr(4, 2));
    rest = rest.substr(6, rest.size() - 7);
    const bool has_seconds = rest.size() >= 3 && rest[0] == ':';
    const auto second =
        has_seconds ? whole_number(rest.substr(1, 2)) : std::optional<std::int64_t>(0);
    const bool ends = rest.empty() || (has_seconds && (rest.size() == 3 || rest[3] == '.'));
    if (!hour || !minute || !second || !ends) {
      return std::nullopt;
    }
    clock = {*hour, *minute, *second};
  }
  return moment(text.substr(0, 4), text.substr(5, 2), text.substr(8, 2), clock);
}

std::optional<sys_seconds> absolute(const Value& value, int base = 10) {
  return !value.given || value.cut ? std::nullopt : credible(whole_number(value.text(), base));
}

std::optional<sys_seconds> plus(std::optional<sys_seconds> start, std::string_view duration,
                                std::int64_t duration_max) {
  const auto seconds = whole_number(duration);
  if (!start || !seconds || *seconds < 1 || *seconds > duration_max) {
    return std::nullopt;
  }
  return credible(start->time_since_epoch().count() + *seconds);
}

std::optional<sys_seconds> date_plus(const Value& date, const Value& duration,
                                     std::int64_t duration_max = kDurationMax) {
  return date.given ? plus(signing_date(date.text()), duration.text(), duration_max) : std::nullopt;
}

// Takes the text before the next separator, and drops both from `text`.
std::string_view take_part(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

// Aliyun's CDN and compatible ones: `auth_key=time-rand-uid-md5`.
std::optional<sys_seconds> cdn_moment(std::string_view key) {
  const std::string_view seconds = take_part(key, '-');
  return key.empty() ? std::nullopt : credible(whole_number(seconds));
}

// COS: `q-sign-time=start;end`.
std::optional<sys_seconds> cos_end(std::string_view span) {
  const auto start = whole_number(take_part(span, ';'));
  return start ? credible(whole_number(span)) : std::nullopt;
}

// BOS: `bce-auth-v1/access key/time/seconds/signed headers/signature`; -1 s is no expiry.
std::optional<sys_seconds> bos_end(std::string_view authorization) {
  if (!authorization.starts_with("bce-auth-v")) {
    return std::nullopt;
  }
  take_part(authorization, '/');
  take_part(authorization, '/');
  const auto start = iso_date(take_part(authorization, '/'));
  return plus(start, take_part(authorization, '/'), kLongDurationMax);
}

// Key protection of the CDNs of Tencent and Qiniu: `t` in eight hex digits beside `sign`. Ten
// decimal digits there are the time of signing, which does not tell the expiry.
std::optional<sys_seconds> short_end(const Value& time, const Value& sign) {
  constexpr std::size_t kHexDigits = 8;
  return sign.given && time.size == kHexDigits ? absolute(time, 16) : std::nullopt;
}

}  // namespace

std::optional<UtcTime> link_expiry(std::string_view url) {
  using enum Parameter;
  const Values values = read_query(url);
  const bool oss_date_counts = values[oss_date].given && values[oss_version].text() != "OSS2";
  const auto beside = [&values](Parameter other, std::optional<sys_seconds> found) {
    return values[other].given ? found : std::nullopt;
  };
  const std::array moments{absolute(values[expires]),
                           absolute(values[x_expires]),
                           absolute(values[ks_time], 16),
                           oss_date_counts ? date_plus(values[oss_date], values[oss_expires])
                                           : absolute(values[oss_expires]),
                           date_plus(values[amz_date], values[amz_expires]),
                           date_plus(values[tos_date], values[tos_expires]),
                           date_plus(values[goog_date], values[goog_expires]),
                           date_plus(values[obs_date], values[obs_expires], kLongDurationMax),
                           beside(azure_signature, iso_date(values[azure_expiry].text())),
                           cdn_moment(values[cdn_key].text()),
                           cos_end(values[cos_time].text()),
                           bos_end(values[bos_authorization].text()),
                           beside(qiniu_token, absolute(values[qiniu_deadline])),
                           beside(tencent_secret, absolute(values[tencent_time], 16)),
                           short_end(values[short_time], values[short_sign])};
  std::optional<UtcTime> soonest;
  for (const auto& moment : moments) {
    if (moment && (!soonest || *moment < *soonest)) {
      soonest = *moment;
    }
  }
  return soonest;
}

}  // namespace core
