#include "core/gateway/upstream.h"

namespace core {
namespace {

constexpr std::array<MarkedKey, 4> kInner{"data", "task", "response", "resultJson"};

}  // namespace

AnswerLevels::AnswerLevels(JsonNest& nest, JsonValue task) { add(nest, task, 0); }

void AnswerLevels::add(JsonNest& nest, JsonValue level, std::size_t depth) {
  if (count_ == kLevelsMax || depth > kDepthMax) {
    return;
  }
  levels_[count_++] = level;
  for (const MarkedKey& key : kInner) {
    const JsonValue inner = nest.unwrapped(level[key]);
    if (inner.is_object()) {
      add(nest, inner, depth + 1);
    }
    if (!inner.is_array()) {
      continue;
    }
    for (const JsonValue one : inner.children()) {
      if (one.is_object()) {
        add(nest, one, depth + 1);
      }
    }
  }
}

JsonValue video_list(const AnswerLevels& levels) {
  for (const JsonValue level : levels) {
    for (const JsonValue list :
         {level["task_result"]["videos"], level["creations"], level["videos"],
          level["generateVideoResponse"]["generatedSamples"]}) {
      if (list.is_array() && list.first_child().exists()) {
        return list;
      }
    }
  }
  return {};
}

}  // namespace core
