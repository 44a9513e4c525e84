#include "core/gateway/usage.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <utility>

#include "core/domain/money.h"
#include "core/gateway/resolution.h"
#include "core/gateway/video_lists.h"
#include "core/text/ascii.h"
#include "core/text/first_text.h"

namespace core {
namespace {

// So that every stored count can be priced.
constexpr std::size_t kIntegerDigitsMax = Decimal::kWholeDigitsMax;
constexpr std::size_t kFractionDigitsMax = Decimal::kPlacesMax;

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_ascii_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

// The exponent at the end of a number ("e+3"); none for any other text. A very large one is clamped
// to a value that no number of digits can compensate.
std::optional<int> exponent(std::string_view rest) {
  if (rest.empty()) {
    return 0;
  }
  if (rest[0] != 'e' && rest[0] != 'E') {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) {
    rest.remove_prefix(1);
  }
  const std::string_view digits = take_digits(rest);
  if (digits.empty() || !rest.empty()) {
    return std::nullopt;
  }
  static constexpr int kFar = 1'000'000'000;
  int value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec != std::errc() || value > kFar) {
    value = kFar;
  }
  return negative ? -value : value;
}

// The digits with the point moved; empty if there are too many.
std::string shifted(std::string_view integer, std::string_view fraction, int places) {
  if (integer.size() + fraction.size() > kIntegerDigitsMax + kFractionDigitsMax) {
    return {};
  }
  const int point = static_cast<int>(integer.size()) + places;
  if (point > static_cast<int>(2 * kIntegerDigitsMax + kFractionDigitsMax)) {
    return {};
  }
  if (point < -static_cast<int>(kFractionDigitsMax)) {
    return {};
  }
  std::string digits;
  if (point < 1) {
    digits.append(static_cast<std::size_t>(1 - point), '0');
  }
  digits.append(integer).append(fraction);
  const auto split = static_cast<std::size_t>(std::max(point, 1));
  if (digits.size() < split) {
    digits.append(split - digits.size(), '0');
  }
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), split - 1);
  if (split - zeros > kIntegerDigitsMax || digits.size() - split > kFractionDigitsMax) {
    return {};
  }
  std::string out = digits.substr(zeros, split - zeros);
  if (digits.size() > split) {
    out.append(1, '.').append(digits, split);
  }
  return out;
}

void add_metric(std::string_view name, std::string_view value, std::vector<UsageMetric>& metrics) {
  if (metrics.size() == kUsageMetricsMax || value.size() > kUsageValueBytesMax) {
    return;
  }
  metrics.push_back({std::string(name), std::string(value)});
}

// Adds every leaf below `value`; `name` is its own name and is restored at the end.
void add_leaves(JsonValue value, std::string& name, std::vector<UsageMetric>& metrics) {
  if (!value.is_object() && !value.is_array()) {
    if (!value.is_null()) {
      add_metric(name, value.scalar(), metrics);
    }
    return;
  }
  const std::size_t own_bytes = name.size();
  std::size_t position = 0;
  for (const JsonValue child : value.children()) {
    if (metrics.size() == kUsageMetricsMax) {
      return;
    }
    if (!name.empty()) {
      name += '.';
    }
    if (value.is_array()) {
      name += std::to_string(position++);
    } else {
      name += child.key();
    }
    if (name.size() <= kUsageNameBytesMax) {
      add_leaves(child, name, metrics);
    }
    name.resize(own_bytes);
  }
}

void add_member(JsonValue object, const MarkedKey& key, std::vector<UsageMetric>& metrics) {
  const JsonValue member = object[key];
  if (member.is_null()) {
    return;
  }
  std::string name(key.text);
  add_leaves(member, name, metrics);
}

// Whether a number is 0 or empty (not stated).
bool is_zero(std::string_view number) {
  return std::all_of(number.begin(), number.end(), [](char c) { return c == '0' || c == '.'; });
}

// The first number among the values. A zero does not hide a later one.
std::string first_number(std::initializer_list<JsonValue> values) {
  std::string zero;
  for (const JsonValue value : values) {
    std::string number = plain_decimal(value);
    if (!is_zero(number)) {
      return number;
    }
    if (zero.empty()) {
      zero = std::move(number);
    }
  }
  return zero;
}

// Sora's `seconds`, at any level; else absent.
JsonValue sora_seconds(const AnswerLevels& levels) {
  for (const JsonValue level : levels) {
    const JsonValue seconds = level["seconds"];
    if (seconds.is_string() || seconds.is_number()) {
      return seconds;
    }
  }
  return {};
}

std::string listed_videos(JsonValue list) {
  if (!list.exists()) {
    return {};
  }
  const JsonValue::Children videos = list.children();
  return std::to_string(std::distance(videos.begin(), videos.end()));
}

// The count of videos that any level states. 0 is ignored, because a success has a video.
std::string counted_videos(const AnswerLevels& levels, JsonValue usage) {
  std::string count = first_number({usage["video_count"]});
  for (const JsonValue* level = levels.begin(); is_zero(count) && level != levels.end(); ++level) {
    count = first_number({(*level)["video_count"]});
  }
  return is_zero(count) ? std::string() : count;
}

// Adds exact numbers; empty as soon as one value is not a number, or there are too many digits.
class Sum {
 public:
  void add(const std::string& number) {
    const auto value = Decimal::parse(number);
    complete_ = complete_ && value.has_value();
    if (!complete_) {
      return;
    }
    last_ = number;
    ++count_;
    total_ += *value;
    complete_ = !plain_decimal(total_.text()).empty();
  }
  // A single number stays as it was sent ("5.0").
  [[nodiscard]] std::string text() const {
    if (!complete_ || count_ == 0) {
      return {};
    }
    return count_ == 1 ? last_ : total_.text();
  }

 private:
  Decimal total_;
  std::string last_;
  std::size_t count_ = 0;
  bool complete_ = true;
};

// The list of clips that state their own length: the vendor's videos, else Kling's newer `outputs`.
JsonValue clip_list(const AnswerLevels& levels, JsonValue videos) {
  if (videos.exists()) {
    return videos;
  }
  for (const JsonValue level : levels) {
    for (const JsonValue output : level["outputs"].children()) {
      if (output["duration"].exists() && !is_no_video(output)) {
        return level["outputs"];
      }
    }
  }
  return {};
}

// The total length of all listed clips; empty unless each one states its length.
std::string listed_seconds(JsonValue list) {
  Sum sum;
  for (const JsonValue video : list.children()) {
    if (!is_no_video(video)) {
      sum.add(first_number({video["duration"], video["video"]["duration"]}));
    }
  }
  return sum.text();
}

// The units that Kling's `billing` list charges.
std::string billed_units(JsonValue list) {
  Sum sum;
  for (const JsonValue item : list.children()) {
    if (item["charge_type"].text() == "unit") {
      sum.add(first_number({item["amount"]}));
    }
  }
  return sum.text();
}

// Where a count may be stated: within the usage, or beside it.
enum class StatedIn { usage, holder };
struct StatedCount {
  FactText fact;
  StatedIn place;
  MarkedKey key;
};
// The counts that vendors state under their own keys. If a fact has several rows, the first one
// with a number counts; a zero does not hide a later one.
constexpr std::array kStatedCounts = {
    StatedCount{&TaskFacts::input_seconds, StatedIn::usage, "input_video_duration"},
    StatedCount{&TaskFacts::input_seconds, StatedIn::usage, "input_seconds"},
    StatedCount{&TaskFacts::completion_tokens, StatedIn::usage, "completion_tokens"},
    StatedCount{&TaskFacts::total_tokens, StatedIn::usage, "total_tokens"},
    StatedCount{&TaskFacts::super_resolution_tokens, StatedIn::usage, "super_resolution_tokens"},
    StatedCount{&TaskFacts::units, StatedIn::holder, "final_unit_deduction"},
    StatedCount{&TaskFacts::credits, StatedIn::holder, "credits"},
    StatedCount{&TaskFacts::credits, StatedIn::usage, "credits"},
};

void read_stated_counts(const UsageBlock& block, TaskFacts& facts) {
  for (const StatedCount& stated : kStatedCounts) {
    std::string& count = facts.*stated.fact;
    const JsonValue place = stated.place == StatedIn::usage ? block.usage : block.holder;
    if (is_zero(count)) {
      std::string number = plain_decimal(place[stated.key]);
      if (count.empty() || !is_zero(number)) {
        count = std::move(number);
      }
    }
  }
}

// How informative a value is: empty (`null`, blank), only zeros, or a figure.
constexpr int kSaysSomething = 2;
int weight(JsonValue value) {
  if (!value.is_object() && !value.is_array()) {
    const std::string_view text = value.scalar();
    if (text.empty()) {
      return 0;
    }
    return is_zero(text) ? 1 : kSaysSomething;
  }
  int most = 0;
  for (const JsonValue child : value.children()) {
    most = std::max(most, weight(child));
    if (most == kSaysSomething) {
      break;
    }
  }
  return most;
}

// The places of a level where usage may be, each with the key that shows it.
struct UsagePlace {
  UsageBlock block;
  JsonValue says;
};
std::array<UsagePlace, 5> usage_places(JsonNest& nest, JsonValue level) {
  const JsonValue metadata = nest.unwrapped(level["metadata"]);
  const JsonValue usage = nest.unwrapped(level["usage"]);
  const JsonValue beside = nest.unwrapped(metadata["usage"]);
  return {{{{.holder = level, .usage = usage}, usage},
           {{.holder = metadata, .usage = beside}, beside},
           {{.holder = level, .usage = {}}, level["credits"]},
           {{.holder = level, .usage = {}}, level["final_unit_deduction"]},
           {{.holder = level, .usage = {}}, level["billing"]}}};
}

}  // namespace

std::string plain_decimal(std::string_view text) {
  std::string_view rest = text;
  const std::string_view integer = take_digits(rest);
  if (integer.empty() || (integer.size() > 1 && integer[0] == '0')) {
    return {};
  }
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
    if (fraction.empty()) {
      return {};
    }
  }
  const std::optional<int> places = exponent(rest);
  if (!places) {
    return {};
  }
  if (!rest.empty()) {
    return shifted(integer, fraction, *places);
  }
  if (integer.size() > kIntegerDigitsMax || fraction.size() > kFractionDigitsMax) {
    return {};
  }
  return std::string(text);
}

std::string plain_decimal(JsonValue value) {
  if (!value.is_number() && !value.is_string()) {
    return {};
  }
  return plain_decimal(value.scalar());
}

UsageBlock find_usage(JsonNest& nest, const AnswerLevels& levels) {
  UsageBlock best;
  int most = 0;
  for (const JsonValue level : levels) {
    for (const UsagePlace& place : usage_places(nest, level)) {
      const int says = weight(place.says);
      if (says <= most) {
        continue;
      }
      most = says;
      best = place.block;
      if (most == kSaysSomething) {
        return best;
      }
    }
  }
  return best;
}

std::vector<UsageMetric> usage_metrics(const AnswerLevels& levels, const UsageBlock& block) {
  constexpr std::size_t kMany = 8;
  std::vector<UsageMetric> metrics;
  metrics.reserve(kMany);
  if (!block.holder.exists()) {
    const JsonValue seconds = sora_seconds(levels);
    if (seconds.exists()) {
      add_metric("seconds", seconds.scalar(), metrics);
    }
    return metrics;
  }
  if (block.usage.is_object()) {
    thread_local std::string name;  // its memory is used again
    name.clear();
    add_leaves(block.usage, name, metrics);
  } else if (block.usage.exists()) {
    std::string name = "usage";
    add_leaves(block.usage, name, metrics);
  }
  static constexpr std::array<MarkedKey, 4> kBeside{"credits", "final_unit_deduction",
                                                    "final_balance_deduction", "billing"};
  for (const MarkedKey& key : kBeside) {
    const bool hides_one = block.usage[key].exists() && weight(block.holder[key]) < kSaysSomething;
    if (!hides_one) {
      add_member(block.holder, key, metrics);
    }
  }
  return metrics;
}

void read_usage_facts(const AnswerLevels& levels, const UsageBlock& block, TaskFacts& facts) {
  const JsonValue holder = block.holder;
  const JsonValue usage = block.usage;
  const JsonValue videos = video_list(levels);
  std::string clips = listed_seconds(clip_list(levels, videos));
  const JsonValue seconds = sora_seconds(levels);
  // Ark states the clip's length beside its tokens. For other vendors a `duration` there is the
  // requested one.
  const JsonValue ark_seconds =
      usage["completion_tokens"].exists() ? holder["duration"] : JsonValue();

  facts.duration_seconds = first_text(
      [&] {
        return first_number(
            {usage["duration"], usage["video_duration"], usage["total_seconds"], ark_seconds});
      },
      [&] { return clips; }, [&] { return first_number({seconds}); });
  facts.output_seconds = first_text(
      [&] {
        return first_number({usage["output_video_duration"], usage["output_seconds"],
                             usage["video_duration"], ark_seconds});
      },
      [&] { return clips; },
      [&] {
        return first_number({seconds, levels.task()["metadata"]["duration"]});
      });
  read_resolutions(levels, block, facts);
  facts.ratio = stated_ratio(levels, block);
  facts.video_count = counted_videos(levels, usage);
  if (facts.video_count.empty()) {
    facts.video_count = listed_videos(videos);
  }
  read_stated_counts(block, facts);
  if (is_zero(facts.units)) {
    facts.units =
        first_text([&] { return billed_units(holder["billing"]); }, [&] { return facts.units; });
  }
}

}  // namespace core
