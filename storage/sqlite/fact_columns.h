// A task's facts as columns.
#pragma once

#include <array>

#include "core/domain/task.h"

namespace storage {

/// The texts among a task's facts in the order in which the ledger's statements name them.
inline constexpr std::array kFactTexts = {&core::TaskFacts::model,
                                          &core::TaskFacts::action,
                                          &core::TaskFacts::request_id,
                                          &core::TaskFacts::resolution,
                                          &core::TaskFacts::generation_resolution,
                                          &core::TaskFacts::ratio,
                                          &core::TaskFacts::duration_seconds,
                                          &core::TaskFacts::input_seconds,
                                          &core::TaskFacts::output_seconds,
                                          &core::TaskFacts::video_count,
                                          &core::TaskFacts::completion_tokens,
                                          &core::TaskFacts::total_tokens,
                                          &core::TaskFacts::super_resolution_tokens,
                                          &core::TaskFacts::units,
                                          &core::TaskFacts::credits,
                                          &core::TaskFacts::quota,
                                          &core::TaskFacts::fail_reason};
/// The times, which stand before them.
inline constexpr std::array kFactTimes = {
    &core::TaskFacts::submit_time, &core::TaskFacts::start_time, &core::TaskFacts::finish_time,
    &core::TaskFacts::upstream_end_time};

}  // namespace storage
