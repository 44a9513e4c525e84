#include "core/gateway/resolution.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "core/gateway/video_lists.h"
#include "core/text/ascii.h"
#include "core/text/first_text.h"
#include "core/text/printable.h"

namespace core {
namespace {

constexpr std::size_t kLabelBytesMax = 32;

std::string first_label(std::initializer_list<JsonValue> values) {
  for (const JsonValue value : values) {
    if (!value.text().empty()) {
      return printable(value.text(), kLabelBytesMax);
    }
  }
  return {};
}

// A whole number of at most `max`; else none. "5.0" is whole.
std::optional<std::int64_t> whole(std::string_view number, std::int64_t max) {
  const std::size_t point = std::min(number.find('.'), number.size());
  if (number.find_first_not_of(".0", point) != std::string_view::npos) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto result = std::from_chars(number.data(), number.data() + point, value);
  if (point == 0 || result.ec != std::errc() || result.ptr != number.data() + point || value < 0 ||
      value > max) {
    return std::nullopt;
  }
  return value;
}

struct Tier {
  std::int64_t pixels;
  const char* name;
};
// Vendors keep the area of a tier about equal over all aspect ratios: 960 x 960 is 720p too.
constexpr std::array<Tier, 7> kTiers{{{230'400, "360p"},
                                      {409'920, "480p"},
                                      {518'400, "540p"},
                                      {921'600, "720p"},
                                      {2'073'600, "1080p"},
                                      {3'686'400, "1440p"},
                                      {8'294'400, "2160p"}}};

// The tier whose area differs by at most a tenth; empty if there is none.
std::string tier_of(std::int64_t pixels) {
  for (const Tier& tier : kTiers) {
    if (pixels * 10 >= tier.pixels * 9 && pixels * 10 <= tier.pixels * 11) {
      return tier.name;
    }
  }
  return {};
}

constexpr std::int64_t kSideMax = 100'000;

std::string resolution_of_sides(std::string_view width_text, std::string_view height_text) {
  const auto width = whole(width_text, kSideMax);
  const auto height = whole(height_text, kSideMax);
  if (!width || !height || *width == 0 || *height == 0) {
    return {};
  }
  std::string tier = tier_of(*width * *height);
  return tier.empty() ? std::to_string(std::min(*width, *height)) + "p" : tier;
}

// "1280*720", "1280x720".
std::string resolution_of_size(JsonValue size) {
  const std::string_view text = size.text();
  const std::size_t cross = text.find_first_of("*xX");
  if (cross == std::string_view::npos) {
    return {};
  }
  return resolution_of_sides(text.substr(0, cross), text.substr(cross + 1));
}

// 1080, "1080" and "1080P" become "1080p", "4K" "2160p", "2K" "1440p"; any other word becomes lower
// case.
std::string resolution_of_label(JsonValue label) {
  if (const auto lines = whole(plain_decimal(label), kSideMax); lines && *lines > 0) {
    return std::to_string(*lines) + "p";
  }
  const std::string text = lower_ascii(first_label({label}));
  static constexpr std::array<std::pair<std::string_view, const char*>, 3> kFormats{
      {{"2k", "1440p"}, {"4k", "2160p"}, {"8k", "4320p"}}};
  for (const auto& [format, lines] : kFormats) {
    if (text == format) {
      return lines;
    }
  }
  std::string sides = resolution_of_size(label);
  return sides.empty() ? text : sides;
}

// The resolution that a count of tokens implies: tokens are frames x pixels / 1024, and a clip of s
// seconds has s x fps + 1 frames (gateway.md, section 8).
std::string resolution_of_tokens(JsonValue count, JsonValue holder) {
  static constexpr std::int64_t kTokensMax = 1'000'000'000'000;
  const auto tokens = whole(plain_decimal(count), kTokensMax);
  const auto seconds = whole(plain_decimal(holder["duration"]), 86'400);
  const auto rate = whole(plain_decimal(holder["framespersecond"]), 1'000);
  if (!tokens || !seconds || !rate) {
    return {};
  }
  return tier_of(*tokens * 1024 / (*seconds * *rate + 1));
}

std::string resolution_of_width_and_height(JsonValue sides) {
  return resolution_of_sides(plain_decimal(sides["width"]), plain_decimal(sides["height"]));
}

// The resolution that a level states.
std::string resolution_at(JsonValue level) {
  const JsonValue metadata = level["metadata"];
  return first_text([&] { return resolution_of_label(level["resolution"]); },
                    [&] { return resolution_of_label(metadata["resolution"]); },
                    [&] { return resolution_of_size(level["size"]); },
                    [&] { return resolution_of_size(metadata["size"]); },
                    [&] {
                      return resolution_of_sides(plain_decimal(level["video_width"]),
                                                 plain_decimal(level["video_height"]));
                    },
                    [&] { return resolution_of_width_and_height(metadata); });
}

// The resolution beside or within the usage, else at the first level that states one, else of the
// first listed video.
std::string stated_resolution(const AnswerLevels& levels, const UsageBlock& block) {
  std::string text = first_text([&] { return resolution_of_label(block.usage["SR"]); },
                                [&] { return resolution_of_label(block.usage["resolution"]); },
                                [&] { return resolution_of_label(block.holder["resolution"]); },
                                [&] { return resolution_of_size(block.usage["size"]); });
  for (const JsonValue* level = levels.begin(); text.empty() && level != levels.end(); ++level) {
    text = resolution_at(*level);
  }
  if (!text.empty()) {
    return text;
  }
  const JsonValue video = video_list(levels).first_child();
  return first_text([&] { return resolution_of_width_and_height(video["video"]["resolution"]); },
                    [&] { return resolution_of_label(video["resolution"]); },
                    [&] { return resolution_of_width_and_height(video); });
}

}  // namespace

void read_resolutions(const AnswerLevels& levels, const UsageBlock& block, TaskFacts& facts) {
  std::string stated = stated_resolution(levels, block);
  const JsonValue enhanced = block.usage["super_resolution_tokens"];
  if (plain_decimal(enhanced).empty()) {
    facts.resolution = stated;
    return;
  }
  facts.resolution =
      first_text([&] { return resolution_of_label(block.usage["SR"]); },
                 [&] { return resolution_of_tokens(enhanced, block.holder); },
                 [&] { return resolution_of_label(block.holder["super_resolution"]); },
                 [&] { return stated; });
  facts.generation_resolution = first_text(
      [&] { return resolution_of_label(block.holder["resolution"]); },
      [&] { return resolution_of_tokens(block.usage["completion_tokens"], block.holder); });
}

std::string stated_ratio(const AnswerLevels& levels, const UsageBlock& block) {
  const JsonValue usage = block.usage;
  std::string text = first_label({usage["ratio"], usage["video_ratio"], block.holder["ratio"]});
  for (const JsonValue* level = levels.begin(); text.empty() && level != levels.end(); ++level) {
    text =
        first_label({(*level)["ratio"], (*level)["metadata"]["ratio"], (*level)["aspect_ratio"]});
  }
  return text;
}

}  // namespace core
