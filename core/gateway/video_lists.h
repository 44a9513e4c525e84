// Where the links of videos stand in an answer: single places made usable, and vendors' lists.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/task.h"
#include "core/gateway/upstream.h"
#include "core/text/json.h"

namespace core {

/// The URLs of one video, best first.
using Links = std::vector<std::string>;

/// Makes what stands in a link's place usable, and remembers why something there is not.
class LinkPlaces {
 public:
  /// Whose word a place is: a path alone leads somewhere only in the gateway's.
  enum class Holder { gateway, vendor };

  explicit LinkPlaces(const TaskId& id) : id_(id) {}

  /// Appends the link that a value's text is, or the `url` of an object, unless it is there
  /// already.
  void add(JsonValue value, Holder holder, Links& links);
  /// The same for a place that mostly holds words: only a whole URL counts, anything else is text.
  void add_text(std::string_view text, Links& links);
  /// Why the first unusable link cannot be used; empty when all can.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  [[nodiscard]] std::optional<std::string> usable(std::string_view text, Holder holder);
  [[nodiscard]] std::optional<std::string> own_content(std::string_view url) const;

  const TaskId& id_;
  std::string failure_;
};

/// The videos of a vendor's lists, wherever they stand (gateway.md, sections 5 and 13). Lists that
/// stand beside each other name the same videos, each at its position.
struct VideoLists {
  std::vector<Links> videos;  ///< an empty one has no usable link
  int beyond = 0;             ///< how many more the longest list holds than are kept here
  Links keyed;                ///< those URLs that mostly want the vendor's own key
};

/// Whether an entry of a list says of itself that it is a picture, a sound or the like.
[[nodiscard]] bool is_no_video(JsonValue entry);

[[nodiscard]] VideoLists read_lists(const AnswerLevels& levels, LinkPlaces& places);

/// How many videos the answer counts; 0 when it does not, or when the number makes no sense.
[[nodiscard]] int counted_videos(const AnswerLevels& levels, const TaskFacts& facts);

}  // namespace core
