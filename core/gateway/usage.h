// What a task used: every figure exactly as the vendor sent it, and the few that reports add up.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/task.h"
#include "core/gateway/upstream.h"
#include "core/text/json.h"

namespace core {

/// Limits of the usage that is kept of one answer; its raw text is kept in any case. Figures beyond
/// a limit are left out, never shortened: a figure is exact or absent.
inline constexpr std::size_t kUsageMetricsMax = 128;
inline constexpr std::size_t kUsageNameBytesMax = 128;
inline constexpr std::size_t kUsageValueBytesMax = 512;

/// A number as plain digits: a JSON number, or a string that looks like one. Exactly as sent
/// ("5.0"), but an exponent is expanded ("1e3" gives "1000"). Empty for anything else: negative
/// numbers ("-1" means "automatic"), NaN, more digits than core::Decimal accepts.
[[nodiscard]] std::string plain_decimal(std::string_view text);
[[nodiscard]] std::string plain_decimal(JsonValue value);

/// The object that states the usage, and its `usage` member (an object even if it was sent as
/// text). Both may be absent.
struct UsageBlock {
  JsonValue holder;
  JsonValue usage;
};

/// The first level that states what was used: its `usage` or that of its `metadata`, `credits`,
/// `final_unit_deduction` or Kling's `billing` list (gateway.md, sections 5 and 13). A block that
/// is empty, or has only zeros and blanks, does not hide one further inside.
[[nodiscard]] UsageBlock find_usage(JsonNest& nest, const AnswerLevels& levels);

/// Every leaf that is not `null`, under its dotted name: `SR`, `tool_usage.web_search`; from beside
/// the usage `credits`, `final_unit_deduction`, `final_balance_deduction.quota`,
/// `billing.0.amount`; if there are none of these, Sora's `seconds`.
[[nodiscard]] std::vector<UsageMetric> usage_metrics(const AnswerLevels& levels,
                                                     const UsageBlock& block);

/// Fills the fields of `facts` from `resolution` to `credits` with what a finished task used. Only
/// for successes: before the end, and after a failure, vendors repeat the requested values.
///  - duration_seconds: `duration`, `video_duration`, `total_seconds`; without such a total the
///    length of all listed clips together, if the vendor states each.
///  - resolution: the delivered one, stated beside the usage or at any other level. For a
///    super-resolution task it is computed from the tokens (gateway.md, section 9: tokens over
///    labels), else it is the label `super_resolution`.
///  - generation_resolution: for a super-resolution task the label of the generated video, else
///    computed from its completion_tokens.
///  - units: `final_unit_deduction`, else the sum of the amounts that `billing` lists as units.
void read_usage_facts(const AnswerLevels& levels, const UsageBlock& block, TaskFacts& facts);

}  // namespace core
