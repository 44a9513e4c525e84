// The levels of an answer: the gateway's task object and, inside it, the vendor's objects.
#pragma once

#include <array>
#include <cstddef>

#include "core/text/json.h"

namespace core {

/// The objects in which an answer's facts are searched, outermost first: the gateway's own task
/// object, then the objects below it under `data`, `task`, `response` or `resultJson`, at most
/// kDepthMax deep, also as text or in a list (gateway.md, end of section 5). Another gateway in
/// between only adds levels.
class AnswerLevels {
 public:
  static constexpr std::size_t kDepthMax = 6;
  static constexpr std::size_t kLevelsMax = 12;

  /// Views into `nest`: valid until it reads another text.
  AnswerLevels(JsonNest& nest, JsonValue task);

  [[nodiscard]] const JsonValue* begin() const { return levels_.data(); }
  [[nodiscard]] const JsonValue* end() const { return levels_.data() + count_; }
  [[nodiscard]] JsonValue task() const { return levels_[0]; }
  /// All levels except the gateway's own.
  [[nodiscard]] const JsonValue* upstream_begin() const { return levels_.data() + 1; }

 private:
  void add(JsonNest& nest, JsonValue level, std::size_t depth);

  std::array<JsonValue, kLevelsMax> levels_;
  std::size_t count_ = 0;
};

/// The vendor's list of videos: Kling `task_result.videos`, Vidu `creations`, Veo
/// `generatedSamples` or `videos`. Absent if there is none or if it is empty.
[[nodiscard]] JsonValue video_list(const AnswerLevels& levels);

}  // namespace core
