#include "core/gateway/video_lists.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <system_error>
#include <utility>

#include "core/gateway/api.h"
#include "core/gateway/video_links.h"
#include "core/text/ascii.h"
#include "core/text/percent.h"

namespace core {
namespace {

// A higher count is garbage, not a number of videos.
constexpr int kVideoCountMax = 1000;
constexpr std::size_t kSchemeBytesMax = 16;

// Left around a link by web pages and editors, besides ASCII blanks and control characters:
// NO-BREAK SPACE, IDEOGRAPHIC SPACE, ZERO WIDTH SPACE and the byte order mark.
constexpr std::array<std::string_view, 4> kWideBlanks{"\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x8B",
                                                      "\xEF\xBB\xBF"};

constexpr bool is_blank(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }

std::string_view trimmed(std::string_view text) {
  const auto cut = [&text](std::size_t bytes, bool front) {
    front ? text.remove_prefix(bytes) : text.remove_suffix(bytes);
    return bytes > 0;
  };
  const auto blank_bytes = [&text](bool front) -> std::size_t {
    if (text.empty()) {
      return 0;
    }
    if (is_blank(front ? text.front() : text.back())) {
      return 1;
    }
    for (const std::string_view blank : kWideBlanks) {
      if (front ? text.starts_with(blank) : text.ends_with(blank)) {
        return blank.size();
      }
    }
    return 0;
  };
  for (const bool front : {true, false}) {
    while (cut(blank_bytes(front), front)) {
    }
  }
  return text;
}

std::string with_blanks_encoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == ' ') {
      out += "%20";
    } else {
      out += c;
    }
  }
  return out;
}

// The scheme of a text that looks like a URL ("gs" of "gs://bucket/v"); else empty.
std::string_view scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon > kSchemeBytesMax) {
    return {};
  }
  const std::string_view scheme = text.substr(0, colon);
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(),
                                     [](char c) { return is_ascii_alphanumeric(c) || c == '+'; });
  const bool is_url = text.substr(colon).starts_with("://") || scheme == "data";
  return is_scheme && is_url ? scheme : std::string_view();
}

// Why a text that looks like a link is unusable; empty for plain text.
std::string link_failure(std::string_view text, LinkPlaces::Holder holder) {
  if (text.starts_with("//")) {
    return "it names no scheme";
  }
  if (text.size() > 1 && text.starts_with('/') && holder == LinkPlaces::Holder::vendor) {
    return "it is a path without a host";
  }
  const std::string_view scheme = scheme_of(text);
  if (scheme.empty()) {
    return {};
  }
  const std::string word = lower_ascii(scheme);
  if (word != "http" && word != "https") {
    return "its scheme is " + word;
  }
  if (text.size() > kLinkBytesMax) {
    return "it is longer than " + std::to_string(kLinkBytesMax) + " bytes";
  }
  if (has_blank(text)) {
    return "a control character is in it";
  }
  return "it names no host";
}

bool is_encoding_of(std::string_view encoded, std::string_view text) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i, ++at) {
    const char c = percent_decoded(encoded, i);
    if (at == text.size() || text[at] != c) {
      return false;
    }
  }
  return at == text.size();
}

struct ListKey {
  MarkedKey key;
  bool of_videos;  // an entry without a link counts as a video, too
};
constexpr std::array kListKeys{
    ListKey{"videos", true},      ListKey{"creations", true},    ListKey{"generatedSamples", true},
    ListKey{"video_urls", true},  ListKey{"videoUrls", true},    ListKey{"outputs", false},
    ListKey{"resultUrls", false}, ListKey{"result_urls", false}, ListKey{"output", false},
    ListKey{"video_url", true},   ListKey{"result_url", true},   ListKey{"url", true}};
constexpr std::uint64_t kListMarks =
    std::accumulate(kListKeys.begin(), kListKeys.end(), std::uint64_t{0},
                    [](std::uint64_t marks, const ListKey& one) { return marks | one.key.mark; });
constexpr std::array<MarkedKey, 6> kHolders{
    "result", "task_result", "output", "generateVideoResponse", "metadata", "content"};
// The `type` words of outputs that are not videos, and the file extensions of such links.
constexpr std::array<std::string_view, 9> kOtherTypes{
    "image", "picture", "audio", "sound", "text", "cover", "frame", "thumbnail", "watermark"};
constexpr std::array<std::string_view, 12> kOtherEndings{".jpg", ".jpeg", ".png", ".webp",
                                                         ".gif", ".bmp",  ".mp3", ".wav",
                                                         ".m4a", ".json", ".srt", ".vtt"};

bool is_other_media(std::string_view url) {
  const std::string path = lower_ascii(without_query(url));
  return std::any_of(kOtherEndings.begin(), kOtherEndings.end(),
                     [&path](std::string_view ending) { return path.ends_with(ending); });
}

class ListReader {
 public:
  ListReader(LinkPlaces& places, VideoLists& lists) : places_(places), lists_(lists) {}

  // Reads the lists of an object, and of its objects that hold results.
  void read_object(JsonValue object) {
    read_holder(object);
    for (const MarkedKey& key : kHolders) {
      read_holder(object[key]);
    }
  }

  // Each of several tasks has its own videos: they are appended one task after the other.
  void read_tasks(JsonValue tasks) {
    std::vector<Links> videos;
    int beyond = 0;
    for (const JsonValue task : tasks.children()) {
      VideoLists one;
      ListReader reader(places_, one);
      reader.read_object(task);
      if (one.videos.empty()) {
        reader.read_entry(task, false, one.videos, one.beyond);
      }
      for (Links& video : one.videos) {
        put(std::move(video), videos, beyond);
      }
      beyond = std::min(beyond + one.beyond, kVideoCountMax);
      lists_.keyed.insert(lists_.keyed.end(), one.keyed.begin(), one.keyed.end());
    }
    merge(std::move(videos), beyond);
  }

 private:
  void read_holder(JsonValue holder) {
    if (!holder.may_hold(kListMarks)) {
      return;
    }
    for (const ListKey& list : kListKeys) {
      const JsonValue entries = holder[list.key];
      if (!entries.is_array()) {
        continue;
      }
      std::vector<Links> videos;
      int beyond = 0;
      for (const JsonValue entry : entries.children()) {
        read_entry(entry, list.of_videos, videos, beyond);
      }
      merge(std::move(videos), beyond);
    }
  }

  static void put(Links&& video, std::vector<Links>& videos, int& beyond) {
    if (videos.size() < kLinksMax) {
      videos.push_back(std::move(video));
    } else {
      beyond = std::min(beyond + 1, kVideoCountMax);
    }
  }

  void read_entry(JsonValue entry, bool of_videos, std::vector<Links>& videos, int& beyond) {
    if (is_no_video(entry)) {
      return;
    }
    const JsonValue urls = entry["url"];
    if (urls.is_array()) {
      for (const JsonValue url : urls.children()) {
        read_entry(url, of_videos, videos, beyond);
      }
      return;
    }
    Links links;
    for (const JsonValue value :
         {entry, entry["video"]["url"], entry["video_url"], entry["videoUrl"],
          entry["output"]["video_url"], entry["content"]["video_url"]}) {
      places_.add(value, LinkPlaces::Holder::vendor, links);
    }
    const bool had_any = !links.empty();
    std::erase_if(links, is_other_media);
    for (const JsonValue value : {entry["video"]["uri"], entry["uri"]}) {
      const std::size_t before = links.size();
      places_.add(value, LinkPlaces::Holder::vendor, links);
      if (links.size() > before) {
        lists_.keyed.push_back(links.back());
      }
    }
    if (!links.empty() || (of_videos && !had_any)) {
      put(std::move(links), videos, beyond);
    }
  }

  void merge(std::vector<Links> videos, int beyond) {
    auto& known = lists_.videos;
    if (videos.size() + static_cast<std::size_t>(beyond) >
        known.size() + static_cast<std::size_t>(lists_.beyond)) {
      known.swap(videos);
      lists_.beyond = beyond;
    }
    for (std::size_t at = 0; at < videos.size(); ++at) {
      for (const std::string_view url : videos[at]) {
        const bool is_known = std::any_of(known.begin(), known.end(), [url](const Links& video) {
          return std::find(video.begin(), video.end(), url) != video.end();
        });
        if (!is_known) {
          known[at].push_back(url);
        }
      }
    }
  }

  LinkPlaces& places_;
  VideoLists& lists_;
};

int whole_count(std::string_view text) {
  int count = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole =
      text.find_first_not_of(".0", static_cast<std::size_t>(result.ptr - text.data())) ==
      std::string_view::npos;
  return result.ec == std::errc() && whole && count <= kVideoCountMax ? count : 0;
}

}  // namespace

bool is_no_video(JsonValue entry) {
  const std::string type = lower_ascii(entry["type"].text());
  return std::any_of(kOtherTypes.begin(), kOtherTypes.end(), [&type](std::string_view other) {
    return type.find(other) != std::string::npos;
  });
}

void LinkPlaces::add_present(JsonValue value, Holder holder, Links& links) {
  if (value.is_object()) {
    value = value["url"];
  }
  if (value.text().empty() || std::find(links.begin(), links.end(), value.text()) != links.end()) {
    return;
  }
  const std::optional<std::string_view> url = usable(value.text(), holder);
  if (url && std::find(links.begin(), links.end(), *url) == links.end()) {
    links.push_back(*url);
  }
}

void LinkPlaces::add_text(std::string_view text, Links& links) {
  text = trimmed(text);
  if (text.starts_with('/') || !(is_known(text) || is_link(text))) {
    return;
  }
  const std::optional<std::string_view> url = usable(text, Holder::vendor);
  if (url && std::find(links.begin(), links.end(), *url) == links.end()) {
    links.push_back(*url);
  }
}

std::string_view LinkPlaces::keep(std::string text) { return made_.emplace_front(std::move(text)); }

std::optional<std::string_view> LinkPlaces::usable(std::string_view text, Holder holder) {
  if (is_known(text)) {
    return known_.url;
  }
  text = trimmed(text);
  const std::string_view url = has_blank(text) ? keep(with_blanks_encoded(text)) : text;
  if (is_link(url)) {
    if (auto own = own_content(url)) {
      return keep(*std::move(own));
    }
    if (!url.starts_with('/')) {
      known_ = {text, url};  // whoever holds it
      return url;
    }
    if (holder == Holder::gateway) {
      return url;
    }
  }
  if (failure_.empty()) {
    failure_ = link_failure(text, holder);
  }
  return std::nullopt;
}

// The content endpoint of this task as a path on the configured gateway; none for any other link.
// An operator types the host of these links once, and it often differs from the base URL.
std::optional<std::string> LinkPlaces::own_content(std::string_view url) const {
  static constexpr std::string_view kBefore = "/v1/videos/";
  static constexpr std::string_view kBehind = "/content";
  url = url.substr(0, url.find('#'));
  const std::size_t query = std::min(url.find('?'), url.size());
  std::string_view path = url.substr(0, query);
  if (!path.ends_with(kBehind)) {
    return std::nullopt;
  }
  path.remove_suffix(kBehind.size());
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || !path.substr(0, slash + 1).ends_with(kBefore) ||
      !is_encoding_of(path.substr(slash + 1), id_.text())) {
    return std::nullopt;
  }
  return content_path(id_).append(url.substr(query));
}

VideoLists read_lists(const AnswerLevels& levels, LinkPlaces& places) {
  VideoLists lists;
  ListReader reader(places, lists);
  for (const JsonValue level : levels) {
    reader.read_object(level);
    if (level["data"].is_array()) {
      reader.read_tasks(level["data"]);
    }
  }
  return lists;
}

int counted_videos(const AnswerLevels& levels, const TaskFacts& facts) {
  int count = whole_count(facts.video_count);
  for (const JsonValue level : levels) {
    if (count == 0) {
      count = whole_count(level["video_count"].scalar());
    }
  }
  return count;
}

}  // namespace core
