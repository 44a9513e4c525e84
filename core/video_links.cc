#include "core/video_links.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "core/api.h"
#include "core/signed_url.h"

namespace core {
namespace {

// A link's life when it does not state it: "valid 24 hours" (api.md, section 6).
constexpr std::chrono::hours kAssumedLife{24};
// A count above this is garbage, not videos.
constexpr int kVideoCountMax = 1000;

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         std::equal(start.begin(), start.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
         });
}

std::string_view first_link(std::initializer_list<JsonValue> values) {
  for (const JsonValue value : values) {
    if (is_link(value.text())) return value.text();
  }
  return {};
}

/// The one video that a level states by itself, whoever wrote the level: a gateway or a vendor.
std::string_view single_link(JsonValue level) {
  return first_link({level["result_url"], level["url"], level["video_url"],
                     level["metadata"]["url"], level["output"]["video_url"],
                     level["content"]["video_url"], level["content"]["url"],
                     level["file"]["download_url"]});
}

/// A video in a vendor's list. Not `watermark_url`, `watermarked_url`, `cover_url`.
std::string_view listed_link(JsonValue video) {
  return first_link({video["url"], video["video"]["uri"], video["uri"]});
}

std::string_view find_single_link(const AnswerLevels& levels) {
  for (const JsonValue level : levels) {
    const std::string_view link = single_link(level);
    if (!link.empty()) return link;
  }
  return {};
}

std::string_view find_original_link(const AnswerLevels& levels) {
  for (const JsonValue level : levels) {
    const std::string_view link = first_link({level["original_result_url"]});
    if (!link.empty()) return link;
  }
  return {};
}

/// The path of an http(s) URL or of a relative one, without its query.
std::string_view path_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  if (url.starts_with('/')) return url;
  const std::size_t authority = url.find("://") + 3;
  return url.substr(std::min(url.find('/', authority), url.size()));
}

/// Whether the link is one of a gateway's own endpoints, which know no expiry.
bool is_gateway_link(std::string_view url) {
  const std::string_view path = path_of(url);
  return url.starts_with('/') ||
         ((path.starts_with("/v1/videos/") || path.starts_with("/v1/tasks/")) &&
          path.ends_with("/content"));
}

std::optional<UtcTime> expiry(std::string_view url, const TaskFacts& facts) {
  const auto stated = link_expiry(url);
  if (stated || is_gateway_link(url)) return stated;
  const auto end = facts.finish_time ? facts.finish_time : facts.upstream_end_time;
  if (!end) return std::nullopt;
  return *end + kAssumedLife;
}

/// Appends a link unless it is there already or there is no room; says whether it is there now.
bool add_link(std::string_view url, Answer& answer) {
  const auto is_same = [url](const VideoLink& link) { return link.url == url; };
  if (std::any_of(answer.links.begin(), answer.links.end(), is_same)) return true;
  if (answer.links.size() == kLinksMax) return false;
  answer.links.push_back({.index = static_cast<int>(answer.links.size()) + 1,
                          .url = std::string(url),
                          .expires_at = expiry(url, answer.facts),
                          .fallback = false});
  return true;
}

/// How many videos the vendor counts; 0 when it does not, or when the number makes no sense.
int counted_videos(const TaskFacts& facts) {
  const std::string& text = facts.video_count;
  int count = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole =
      text.find_first_not_of(".0", static_cast<std::size_t>(result.ptr - text.data())) ==
      std::string::npos;
  return result.ec == std::errc() && whole && count <= kVideoCountMax ? count : 0;
}

}  // namespace

bool is_link(std::string_view text) {
  if (text.size() > kLinkBytesMax) return false;
  const bool has_blank = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
  });
  if (has_blank) return false;
  if (text.starts_with('/')) return text.size() > 1 && text[1] != '/' && text[1] != '\\';
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (starts_with_ignoring_case(text, scheme)) return text.size() > scheme.size();
  }
  return false;
}

void read_links(const AnswerLevels& levels, const TaskId& id, Answer& answer) {
  const JsonValue list = video_list(levels);
  const std::string_view single = find_single_link(levels);
  const std::string_view first = single.empty() ? listed_link(list.first_child()) : single;
  const std::string_view original = find_original_link(levels);

  int with_link = 0;
  if (!first.empty()) with_link += add_link(first, answer) ? 1 : 0;
  if (!original.empty()) (void)add_link(original, answer);
  if (answer.links.empty()) {
    answer.links.push_back(
        {.index = 1, .url = content_path(id), .expires_at = std::nullopt, .fallback = true});
  }
  if (first.empty()) with_link = 1;  // the original, or the gateway's copy, stands in for it

  int without_link = 0;
  // The list's first video is the one that the gateway copied, perhaps under another URL.
  for (JsonValue video = list.first_child().next_sibling(); video.exists();
       video = video.next_sibling()) {
    const std::string_view link = listed_link(video);
    ++(!link.empty() && add_link(link, answer) ? with_link : without_link);
  }
  answer.videos_without_link =
      std::max(without_link, std::max(0, counted_videos(answer.facts) - with_link));
}

}  // namespace core
