// What an answer says about a task beside its usage: times, model, charge, and why it failed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/domain/task.h"
#include "core/gateway/upstream.h"
#include "core/text/json.h"

namespace core {

/// A moment: seconds or milliseconds since 1970 (a value from 10^11 on is milliseconds) as number
/// or digits, or ISO 8601 with zone. A text without zone counts as `zone`; none: it is not taken.
/// 0 is "not yet" (gateway.md T5). Nothing before 2000 or after 9999.
[[nodiscard]] std::optional<UtcTime> read_time(JsonValue value,
                                               std::optional<std::chrono::minutes> zone = {});

/// Fills times, `model`, `action`, `request_id` and `quota`; the end times only with `final`, since
/// a vendor's `updated_at` is an end only then.
void read_task_facts(const AnswerLevels& levels, bool final, TaskFacts& facts);

/// Whether a task says when it ended, whatever its status says. Only `finish_time` does: OpenAI's
/// `completed_at` stands beside unfinished ones, too.
[[nodiscard]] bool states_end(JsonValue task);

/// Why a task failed, the outermost reason first (gateway.md G9: a time-out outside may stand
/// before a stale error of the vendor's): `fail_reason` or `error` of the gateway, else its
/// `result_url` that is no link (T3). The vendor's own words ("code: message") follow it as
/// "(upstream: …)", and stand alone where the outer ones only repeat a part of them, or say no more
/// than that the task failed. Harmless to print, without signed URLs; empty when nobody says.
[[nodiscard]] std::string read_fail_reason(const AnswerLevels& levels);

/// A `code` that stands for "fine": absent, `null`, "", "success", "ok", 0, 200, `true`.
[[nodiscard]] bool is_success_code(JsonValue code);

/// Text from outside made fit for people: no signed URL, no key, nothing unprintable, at most
/// `bytes_max` bytes.
[[nodiscard]] std::string for_people(std::string_view text, std::size_t bytes_max);

}  // namespace core
