#include "core/domain/zone_rules.h"

#include <date/date.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/files/read_whole.h"
#include "core/text/ascii.h"

namespace core {
namespace {

constexpr const char* kDatabase = "/usr/share/zoneinfo/";
constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

// The limits of UtcTime stand for "always"; a file may hold instants beyond them.
UtcTime instant(std::int64_t second) {
  constexpr std::int64_t kMillis = 1000;
  if (second <= kFirst / kMillis) {
    return UtcTime::min();
  }
  return second >= kLast / kMillis ? UtcTime::max() : UtcTime(std::chrono::seconds(second));
}

int year_of(std::int64_t second) {
  const auto day = date::floor<date::days>(date::sys_seconds(std::chrono::seconds(second)));
  return static_cast<int>(date::year_month_day(day).year());
}

class TzFile {
 public:
  explicit TzFile(std::string_view bytes) : rest_(bytes) {}

  struct Header {
    char version = '\0';
    std::size_t utc_flags = 0;
    std::size_t standard_flags = 0;
    std::size_t leap_seconds = 0;
    std::size_t changes = 0;
    std::size_t types = 0;
    std::size_t letters = 0;
  };
  Header header() {
    constexpr std::string_view kMagic = "TZif";
    constexpr std::size_t kReserved = 15;
    if (take(kMagic.size()) != kMagic) {
      fail();
    }
    Header header;
    header.version = take(1).front();
    static_cast<void>(take(kReserved));
    for (std::size_t* count : {&header.utc_flags, &header.standard_flags, &header.leap_seconds,
                               &header.changes, &header.types, &header.letters}) {
      *count = static_cast<std::size_t>(number(4));
    }
    return header;
  }
  // Big-endian, two's complement.
  std::int64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char one : take(bytes)) {
      value = value << 8U | static_cast<unsigned char>(one);
    }
    constexpr std::size_t kWhole = 8;
    const std::size_t unused = 8 * (kWhole - bytes);
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) {
      fail();
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  void skip_data(const Header& header, std::size_t time_bytes) {
    constexpr std::size_t kTypeBytes = 6;
    constexpr std::size_t kLeapBytes = 4;
    static_cast<void>(take(header.changes * (time_bytes + 1) + header.types * kTypeBytes));
    skip_end(header, time_bytes + kLeapBytes);
  }
  void skip_end(const Header& header, std::size_t leap_bytes) {
    static_cast<void>(take(header.letters + header.leap_seconds * leap_bytes +
                           header.standard_flags + header.utc_flags));
  }
  // "\nRULE\n"; empty if there is none.
  std::string_view footer() {
    if (rest_.empty() || take(1) != "\n") {
      return {};
    }
    return rest_.substr(0, rest_.find('\n'));
  }
  [[noreturn]] static void fail() { throw Error("it is not a time zone file"); }

 private:
  std::string_view rest_;
};

bool is_zone_name(std::string_view name) {
  const bool letters = std::all_of(name.begin(), name.end(), [](unsigned char one) {
    return std::isalnum(one) != 0 || one == '_' || one == '-' || one == '+' || one == '/';
  });
  return letters && !name.empty() && name.front() != '/';
}

[[noreturn]] void throw_unknown(std::string_view name) {
  throw UsageError("there is no time zone '" + std::string(name) +
                   "' on this machine; use one of the tz database, for example Europe/Berlin");
}

}  // namespace

class PosixRule::Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  bool literal(char one) {
    const bool there = !rest_.empty() && rest_.front() == one;
    rest_.remove_prefix(there ? 1 : 0);
    return there;
  }
  // "CET" or "<+0330>".
  bool name() {
    const bool quoted = literal('<');
    const auto end = std::find_if(rest_.begin(), rest_.end(), [quoted](char one) {
      return quoted ? one == '>' : !is_ascii_letter(one);
    });
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(length);
    constexpr std::size_t kLengthMin = 3;
    return length >= kLengthMin && (!quoted || literal('>'));
  }
  bool number(int max, int& value) {
    constexpr int kTen = 10;
    const std::size_t before = rest_.size();
    value = 0;
    while (!rest_.empty() && is_ascii_digit(rest_.front()) && value <= max) {
      value = value * kTen + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return rest_.size() < before && value <= max;
  }
  // "[+-]hh[:mm[:ss]]"
  bool duration(std::int64_t& seconds) {
    constexpr int kHoursMax = 167;
    constexpr int kSixtyMax = 59;
    const bool negative = literal('-');
    int hours = 0;
    int minutes = 0;
    int rest = 0;
    if ((!negative && literal('+') && done()) || !number(kHoursMax, hours) ||
        (literal(':') &&
         (!number(kSixtyMax, minutes) || (literal(':') && !number(kSixtyMax, rest))))) {
      return false;
    }
    seconds = hours * kHour + minutes * kMinute + rest;
    seconds = negative ? -seconds : seconds;
    return true;
  }
  // "Mm.w.d", "Jn" or "n", each with "/time".
  bool date(Date& date) {
    constexpr int kMonths = 12;
    constexpr int kWeeks = 5;
    constexpr int kSaturday = 6;
    constexpr int kDays = 365;
    constexpr std::int64_t kTwo = 2 * kHour;
    bool fits = false;
    if (literal('M')) {
      fits = number(kMonths, date.month) && date.month > 0 && literal('.') &&
             number(kWeeks, date.week) && date.week > 0 && literal('.') &&
             number(kSaturday, date.day);
    } else {
      date.kind = literal('J') ? Date::Kind::julian : Date::Kind::day_of_year;
      fits = number(kDays, date.day) && (date.kind == Date::Kind::day_of_year || date.day > 0);
    }
    date.seconds = kTwo;
    return fits && (!literal('/') || duration(date.seconds));
  }

 private:
  std::string_view rest_;
};

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
  Reader read(text);
  PosixRule rule;
  std::int64_t west = 0;
  if (!read.name() || !read.duration(west)) {
    return std::nullopt;
  }
  rule.standard_ = -west;
  rule.daylight_ = rule.standard_ + kHour;
  if (read.done()) {
    return rule;
  }
  if (!read.name()) {
    return std::nullopt;
  }
  if (!read.literal(',')) {
    if (!read.duration(west) || !read.literal(',')) {
      return std::nullopt;
    }
    rule.daylight_ = -west;
  }
  rule.changes_ = true;
  if (!read.date(rule.daylight_begins_) || !read.literal(',') || !read.date(rule.daylight_ends_) ||
      !read.done()) {
    return std::nullopt;
  }
  return rule;
}

std::int64_t PosixRule::midnight(const Date& date, int year) {
  const date::year y(year);
  date::sys_days day = date::sys_days(y / date::January / 1);
  switch (date.kind) {
    case Date::Kind::month_week_day: {
      constexpr int kLastWeek = 5;
      const auto month = y / date::month(static_cast<unsigned>(date.month));
      const date::weekday weekday(static_cast<unsigned>(date.day));
      day = date.week == kLastWeek
                ? date::sys_days(month / weekday[date::last])
                : date::sys_days(month / weekday[static_cast<unsigned>(date.week)]);
      break;
    }
    case Date::Kind::julian: {
      constexpr int kFirstOfMarch = 60;  // 29 February is not counted
      day += date::days(date.day - (y.is_leap() && date.day >= kFirstOfMarch ? 0 : 1));
      break;
    }
    case Date::Kind::day_of_year:
      day += date::days(date.day);
      break;
  }
  return day.time_since_epoch().count() * kDay;
}

std::pair<PosixRule::Change, PosixRule::Change> PosixRule::changes_of(int year) const {
  const Change to_daylight{midnight(daylight_begins_, year) + daylight_begins_.seconds - standard_,
                           daylight_};
  const Change to_standard{midnight(daylight_ends_, year) + daylight_ends_.seconds - daylight_,
                           standard_};
  return to_daylight.at <= to_standard.at ? std::pair(to_daylight, to_standard)
                                          : std::pair(to_standard, to_daylight);
}

ZoneRules ZoneRules::parse(std::string_view bytes) {
  constexpr std::size_t kOldTimeBytes = 4;
  constexpr std::size_t kTimeBytes = 8;
  TzFile file(bytes);
  TzFile::Header header = file.header();
  const bool old = header.version < '2';
  if (!old) {
    file.skip_data(header, kOldTimeBytes);  // the same data with 32-bit times
    header = file.header();
  }
  const std::size_t time_bytes = old ? kOldTimeBytes : kTimeBytes;
  ZoneRules rules;
  for (std::size_t i = 0; i < header.changes; ++i) {
    rules.changes_.push_back(file.number(time_bytes));
  }
  const std::string_view types = file.take(header.changes);
  std::vector<std::int64_t> offsets;
  for (std::size_t i = 0; i < header.types; ++i) {
    offsets.push_back(file.number(4));
    static_cast<void>(file.take(2));  // the daylight saving flag and the index of the name
  }
  if (offsets.empty() || header.leap_seconds > 0 ||
      !std::is_sorted(rules.changes_.begin(), rules.changes_.end())) {
    TzFile::fail();
  }
  rules.offsets_.push_back(offsets.front());
  for (const char type : types) {
    const auto index = static_cast<unsigned char>(type);
    if (index >= offsets.size()) {
      TzFile::fail();
    }
    rules.offsets_.push_back(offsets[index]);
  }
  file.skip_end(header, time_bytes + 4);
  if (const std::string_view footer = old ? "" : file.footer(); !footer.empty()) {
    rules.rule_ = PosixRule::parse(footer);
    if (!rules.rule_) {
      TzFile::fail();
    }
  }
  return rules;
}

std::shared_ptr<const ZoneRules> ZoneRules::load(std::string_view name) {
  if (name == "UTC") {
    auto utc = std::make_shared<ZoneRules>();
    utc->offsets_.push_back(0);
    return utc;
  }
  constexpr std::size_t kZoneBytesMax = std::size_t{1} << 20U;  // real ones have a few thousand
  const auto bytes = is_zone_name(name)
                         ? read_small_file(kDatabase + std::string(name), kZoneBytesMax)
                         : std::nullopt;
  if (!bytes) {
    throw_unknown(name);
  }
  try {
    return std::make_shared<const ZoneRules>(parse(*bytes));
  } catch (const Error&) {
    throw_unknown(name);  // the folder holds files that are not zones, too
  }
}

ZoneRules::Span ZoneRules::at(UtcTime time) const {
  const std::int64_t second =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), second);
  if (next == changes_.end() && rule_) {
    return by_rule(second);
  }
  const auto index = static_cast<std::size_t>(next - changes_.begin());
  return {next == changes_.begin() ? UtcTime::min() : instant(*std::prev(next)),
          next == changes_.end() ? UtcTime::max() : instant(*next),
          std::chrono::seconds(offsets_[index])};
}

ZoneRules::Span ZoneRules::by_rule(std::int64_t second) const {
  const std::int64_t first = changes_.empty() ? kFirst : changes_.back();
  if (!rule_->changes()) {
    return {instant(first), UtcTime::max(), std::chrono::seconds(rule_->standard_offset())};
  }
  // Starts two years earlier: the span that contains New Year began at one of those changes.
  PosixRule::Change now{first, rule_->standard_offset()};
  for (int year = year_of(second) - 2; true; ++year) {
    const auto [one, other] = rule_->changes_of(year);
    for (const PosixRule::Change& change : {one, other}) {
      if (change.at > second) {
        return {instant(std::max(first, now.at)), instant(change.at),
                std::chrono::seconds(now.offset)};
      }
      now = change;
    }
  }
}

}  // namespace core
