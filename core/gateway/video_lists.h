// Finds the links of videos in an answer: single links, and vendors' lists.
#pragma once

#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/task.h"
#include "core/gateway/upstream.h"
#include "core/text/json.h"

namespace core {

/// The URLs of one video, best first: parts of the answer, or texts of a LinkPlaces.
using Links = std::vector<std::string_view>;

/// Collects links, makes them usable, and remembers why one is unusable. The links are valid as
/// long as the answer and this object.
class LinkPlaces {
 public:
  /// The origin of a link: a path without a host is usable only if it comes from the gateway.
  enum class Holder { gateway, vendor };

  explicit LinkPlaces(const TaskId& id) : id_(id) {}

  /// Appends the link in a text, or in the `url` of an object, unless it is present already.
  void add(JsonValue value, Holder holder, Links& links) {
    if (!value.is_null()) {  // most places are those of other vendors
      add_present(value, holder, links);
    }
  }
  /// For a place that usually holds other text: only a complete URL counts as a link.
  void add_text(std::string_view text, Links& links);
  /// Why the first unusable link is unusable; empty if all are usable.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  /// Gateways repeat one link in several places: the last usable text, and the link in it.
  struct Known {
    std::string_view text;
    std::string_view url;
  };

  [[nodiscard]] bool is_known(std::string_view text) const {
    return !text.empty() && text == known_.text;
  }
  void add_present(JsonValue value, Holder holder, Links& links);
  [[nodiscard]] std::optional<std::string_view> usable(std::string_view text, Holder holder);
  [[nodiscard]] std::string_view keep(std::string text);
  [[nodiscard]] std::optional<std::string> own_content(std::string_view url) const;

  const TaskId& id_;
  std::forward_list<std::string> made_;  // links that differ from what the answer says
  std::string failure_;
  Known known_;
};

/// The videos of a vendor's lists at any place (gateway.md, sections 5 and 13). Parallel lists name
/// the same videos: the same position is the same video.
struct VideoLists {
  std::vector<Links> videos;  ///< an empty one has no usable link
  int beyond = 0;             ///< videos of the longest list beyond those kept here
  Links keyed;                ///< those of the URLs that usually require the vendor's own key
};

/// Whether a list entry states that it is not a video, but a picture, a sound or the like.
[[nodiscard]] bool is_no_video(JsonValue entry);

[[nodiscard]] VideoLists read_lists(const AnswerLevels& levels, LinkPlaces& places);

/// The number of videos that the answer states; 0 if it states none or an implausible one.
[[nodiscard]] int counted_videos(const AnswerLevels& levels, const TaskFacts& facts);

}  // namespace core
