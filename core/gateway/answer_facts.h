// What an answer says about a task besides usage: times, model, charge, and the failure reason.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/domain/task.h"
#include "core/gateway/upstream.h"
#include "core/text/json.h"

namespace core {

/// A time: seconds or milliseconds since 1970 (from 10^11 on milliseconds) as number or digits, or
/// ISO 8601 with a zone. A text without a zone is read in `zone`; without `zone` it is ignored. 0
/// means "not yet" (gateway.md T5). Times before 2000 or after 9999 are ignored.
[[nodiscard]] std::optional<UtcTime> read_time(JsonValue value,
                                               std::optional<std::chrono::minutes> zone = {});

/// Fills times, `model`, `action`, `request_id` and `quota`. The end times are filled only if
/// `final`, because only then a vendor's `updated_at` is an end.
void read_task_facts(const AnswerLevels& levels, bool final, TaskFacts& facts);

/// Whether a task states when it ended, whatever its status is. Only `finish_time` counts: OpenAI's
/// `completed_at` occurs in unfinished tasks, too.
[[nodiscard]] bool states_end(JsonValue task);

/// Why a task failed. The outermost reason comes first, because an older error of the vendor may
/// remain inside (gateway.md G9): `fail_reason` or `error` of the gateway, else a `result_url` that
/// is not a link (T3). The vendor's own text ("code: message") follows as "(upstream: …)"; it
/// stands alone if the outer text repeats a part of it or only says that the task failed.
/// Printable, without signed URLs; empty if no reason is given.
[[nodiscard]] std::string read_fail_reason(const AnswerLevels& levels);

/// Whether a `code` means success: absent, `null`, "", "success", "ok", 0, 200, `true`.
[[nodiscard]] bool is_success_code(JsonValue code);

/// Foreign text for users: without signed URLs, keys and unprintable characters, at most
/// `bytes_max` bytes.
[[nodiscard]] std::string for_people(std::string_view text, std::size_t bytes_max);

}  // namespace core
