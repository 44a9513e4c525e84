// Where the facts of an answer stand: the gateway's task object and, below it, what the vendor
// said.
#pragma once

#include <array>
#include <cstddef>

#include "core/text/json.h"

namespace core {

/// The objects that an answer's facts are looked for in, outermost first: the gateway's own task
/// object, then whatever stands below it under `data`, `task`, `response` or `resultJson`, at most
/// kDepthMax deep, also as text or in a list (gateway.md, end of section 5). Another gateway in
/// between is just more levels.
class AnswerLevels {
 public:
  static constexpr std::size_t kDepthMax = 6;
  static constexpr std::size_t kLevelsMax = 12;

  /// Views into `nest`: valid until it reads another text.
  AnswerLevels(JsonNest& nest, JsonValue task);

  [[nodiscard]] const JsonValue* begin() const { return levels_.data(); }
  [[nodiscard]] const JsonValue* end() const { return levels_.data() + count_; }
  [[nodiscard]] JsonValue task() const { return levels_[0]; }
  /// All but the gateway's own.
  [[nodiscard]] const JsonValue* upstream_begin() const { return levels_.data() + 1; }

 private:
  void add(JsonNest& nest, JsonValue level, std::size_t depth);

  std::array<JsonValue, kLevelsMax> levels_;
  std::size_t count_ = 0;
};

/// The vendor's list of videos when it has one: Kling `task_result.videos`, Vidu `creations`, Veo
/// `generatedSamples` or `videos`. Absent otherwise, or when empty.
[[nodiscard]] JsonValue video_list(const AnswerLevels& levels);

}  // namespace core
