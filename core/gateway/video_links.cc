#include "core/gateway/video_links.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/gateway/api.h"
#include "core/gateway/link_expiry.h"
#include "core/gateway/video_lists.h"
#include "core/text/ascii.h"
#include "core/text/percent.h"

namespace core {
namespace {

// The assumed lifetime of a link that states no expiry: "valid 24 hours" (gateway.md, section 6).
constexpr std::chrono::hours kAssumedLife{24};

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equal_but_for_case(text.substr(0, start.size()), start);
}

// The path of an http(s) URL or of a relative one, without its query.
std::string_view path_of(std::string_view url) {
  url = without_query(url);
  if (url.starts_with('/')) {
    return url;
  }
  const std::size_t authority = url.find("://") + 3;
  return url.substr(std::min(url.find('/', authority), url.size()));
}

// Whether the link is an endpoint of a gateway, which has no expiry.
bool is_gateway_link(std::string_view url) {
  const std::string_view path = path_of(url);
  return url.starts_with('/') ||
         ((path.starts_with("/v1/videos/") || path.starts_with("/v1/tasks/")) &&
          path.ends_with("/content"));
}

LinkCandidate candidate_of(std::string_view url, const TaskFacts& facts) {
  LinkCandidate link{.url = std::string(url), .expires_at = {}};
  link.expires_at = link_expiry(link.url);
  if (link.expires_at || is_gateway_link(link.url)) {
    return link;
  }
  const auto end = facts.finish_time ? facts.finish_time : facts.upstream_end_time;
  if (end) {
    link.expires_at = *end + kAssumedLife;
    link.expiry_assumed = true;
  }
  return link;
}

bool has(const Links& links, std::string_view url) {
  return std::find(links.begin(), links.end(), url) != links.end();
}

// The links of an answer that are in no list, by their places.
struct SingleLinks {
  Links gateway;   // the gateway's own fields
  Links vendor;    // the places where vendors put a single video
  Links inner;     // the gateway's fields in an inner envelope
  Links original;  // of the video before super resolution
  Links texts;     // found where a failure reason belongs

  void clear() {
    for (Links* links : {&gateway, &vendor, &inner, &original, &texts}) {
      links->clear();
    }
  }
};

// Collects the links of each video from all places of an answer.
class Offer {
 public:
  // `singles` is memory to be used, and must outlive this object.
  Offer(const AnswerLevels& levels, const TaskId& id, SingleLinks& singles)
      : levels_(levels),
        places_(id),
        lists_(read_lists(levels, places_)),
        gateway_(singles.gateway),
        vendor_(singles.vendor),
        inner_(singles.inner),
        original_(singles.original),
        texts_(singles.texts) {
    singles.clear();
  }

  void write(const TaskId& id, Answer& answer);

 private:
  void read_singles();
  void match_list();
  [[nodiscard]] bool is_anothers(std::string_view url) const;
  void take(const Links& links, Links& video) const;
  [[nodiscard]] Links first_video() const;
  bool add(const Links& video, Answer& answer) const;

  const AnswerLevels& levels_;
  LinkPlaces places_;
  VideoLists lists_;
  Links& gateway_;
  Links& vendor_;
  Links& inner_;
  Links& original_;
  Links& texts_;
};

void Offer::read_singles() {
  const JsonValue task = levels_.task();
  for (const JsonValue value :
       {task["result_url"], task["url"], task["video_url"], task["metadata"]["url"]}) {
    places_.add(value, LinkPlaces::Holder::gateway, gateway_);
  }
  places_.add(task["original_result_url"], LinkPlaces::Holder::gateway, original_);
  for (const JsonValue level : levels_) {
    for (const JsonValue value :
         {level["output"]["video_url"], level["content"]["video_url"], level["content"]["url"],
          level["file"]["download_url"], level["video"]["url"]}) {
      places_.add(value, LinkPlaces::Holder::vendor, vendor_);
    }
    places_.add_text(level["fail_reason"].text(), texts_);
    if (level == task) {
      continue;
    }
    places_.add(level["video_url"], LinkPlaces::Holder::vendor, vendor_);
    places_.add(level["original_result_url"], LinkPlaces::Holder::vendor, original_);
    for (const JsonValue value : {level["result_url"], level["url"], level["metadata"]["url"]}) {
      places_.add(value, LinkPlaces::Holder::vendor, inner_);
    }
  }
}

// Puts the listed video that the gateway copied first. If the gateway copied none of the listed
// URLs, its link is the first video under another URL.
void Offer::match_list() {
  auto& videos = lists_.videos;
  const auto copied = std::find_if(videos.begin(), videos.end(), [this](const Links& video) {
    return std::any_of(video.begin(), video.end(),
                       [this](std::string_view url) { return has(gateway_, url); });
  });
  if (copied != videos.end()) {
    std::rotate(videos.begin(), copied, copied + 1);
  }
}

bool Offer::is_anothers(std::string_view url) const {
  const auto& videos = lists_.videos;
  if (has(original_, url)) {
    return true;
  }
  return !videos.empty() && !has(videos.front(), url) &&
         std::any_of(videos.begin() + 1, videos.end(),
                     [url](const Links& video) { return has(video, url); });
}

void Offer::take(const Links& links, Links& video) const {
  for (const std::string_view url : links) {
    if (video.size() < kCandidatesMax && !has(video, url) && !is_anothers(url)) {
      video.push_back(url);
    }
  }
}

// For an enhanced video the vendor's links are those of the original.
Links Offer::first_video() const {
  Links video;
  const Links listed = lists_.videos.empty() ? Links() : lists_.videos.front();
  const bool enhanced = !original_.empty() && !gateway_.empty();
  const bool copied = !gateway_.empty() && !is_gateway_link(gateway_.front());
  if (!enhanced) {
    Links keyless = listed;
    std::erase_if(keyless, [this](std::string_view url) { return has(lists_.keyed, url); });
    take(keyless, video);
    take(vendor_, video);
    if (!copied) {
      take(inner_, video);
    }
  }
  take(gateway_, video);
  take(listed, video);
  if (!enhanced) {
    take(inner_, video);
  }
  take(texts_, video);
  return video;
}

// Appends a video unless it is present already or there is no room; returns whether it is present.
bool Offer::add(const Links& video, Answer& answer) const {
  for (const VideoLink& link : answer.links) {
    if (has(video, link.url)) {
      return true;
    }
  }
  if (answer.links.size() == kLinksMax) {
    return false;
  }
  VideoLink link{.index = static_cast<int>(answer.links.size()) + 1, .url = {}, .expires_at = {}};
  for (const std::string_view url : video) {
    LinkCandidate one = candidate_of(url, answer.facts);
    if (link.url.empty()) {
      link.url = std::move(one.url);
      link.expires_at = one.expires_at;
      link.expiry_assumed = one.expiry_assumed;
    } else {
      link.others.push_back(std::move(one));
    }
  }
  answer.links.push_back(std::move(link));
  return true;
}

void Offer::write(const TaskId& id, Answer& answer) {
  read_singles();
  match_list();
  const Links first = first_video();
  Links original = original_;
  if (!gateway_.empty() && !original.empty()) {
    for (const std::string_view url : vendor_) {
      if (!has(original, url) && !has(first, url)) {
        original.push_back(url);
      }
    }
  }
  if (!first.empty()) {
    (void)add(first, answer);
  }
  if (!original.empty()) {
    (void)add(original, answer);
  }
  if (answer.links.empty()) {
    answer.links.push_back({.index = 1,
                            .url = content_path(id),
                            .expires_at = std::nullopt,
                            .fallback = true,
                            .failure = places_.failure(),
                            .others = {}});
  }
  // If the first video has no link, the original or the gateway's copy takes its place.
  int with_link = 1;
  int without_link = lists_.beyond;
  for (std::size_t at = 1; at < lists_.videos.size(); ++at) {
    const Links& video = lists_.videos[at];
    ++(!video.empty() && add(video, answer) ? with_link : without_link);
  }
  const int counted = counted_videos(levels_, answer.facts);
  answer.videos_without_link = std::max(without_link, std::max(0, counted - with_link));
  answer.link_failure = places_.failure();
}

}  // namespace

bool is_link(std::string_view text) {
  if (text.size() > kLinkBytesMax) {
    return false;
  }
  if (has_blank(text)) {
    return false;
  }
  if (text.starts_with('/')) {
    return text.size() > 1 && text[1] != '/' && text[1] != '\\';
  }
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (starts_with_ignoring_case(text, scheme)) {
      return text.size() > scheme.size();
    }
  }
  return false;
}

void read_links(const AnswerLevels& levels, const TaskId& id, Answer& answer) {
  thread_local SingleLinks singles;  // its memory is used again
  Offer(levels, id, singles).write(id, answer);
}

}  // namespace core
