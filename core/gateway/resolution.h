// The resolution and ratio of a task's videos, as an answer states them or its tokens imply them.
// Pure; any thread.
#pragma once

#include <string>

#include "core/domain/task_facts.h"
#include "core/gateway/upstream.h"
#include "core/gateway/usage.h"

namespace core {

/// Fills the delivered resolution, and the generated one if the two may differ.
void read_resolutions(const AnswerLevels& levels, const UsageBlock& block, TaskFacts& facts);

/// "16:9" as stated; empty if the answer states none.
[[nodiscard]] std::string stated_ratio(const AnswerLevels& levels, const UsageBlock& block);

}  // namespace core
