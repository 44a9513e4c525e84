// What a task used: every figure exact as the vendor sent it, and the few that reports add up.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/task.h"
#include "core/gateway/upstream.h"
#include "core/text/json.h"

namespace core {

/// Limits of what is kept of one answer's usage; its raw text is kept in any case. What is over a
/// limit is left out, never shortened: a figure is exact or absent.
inline constexpr std::size_t kUsageMetricsMax = 128;
inline constexpr std::size_t kUsageNameBytesMax = 128;
inline constexpr std::size_t kUsageValueBytesMax = 512;

/// A number as plain digits: a JSON number, or a string that reads like one. Exact as sent ("5.0"),
/// an exponent is written out ("1e3" gives "1000"). Empty for all else: negative numbers ("-1"
/// stands for "automatic"), NaN, more digits than core::Decimal takes.
[[nodiscard]] std::string plain_decimal(std::string_view text);
[[nodiscard]] std::string plain_decimal(JsonValue value);

/// The object that states the usage, and its `usage` member (an object even if it was sent as
/// text). Both may be absent.
struct UsageBlock {
  JsonValue holder;
  JsonValue usage;
};

/// The first level that states what was used: `usage` of it or of its `metadata`, `credits`,
/// `final_unit_deduction` or Kling's `billing` list (gateway.md, sections 5 and 13). An empty
/// block, or one of nothing but zeros and blanks, hides none further in.
[[nodiscard]] UsageBlock find_usage(JsonNest& nest, const AnswerLevels& levels);

/// Every leaf that is not `null`, under its dotted name: `SR`, `tool_usage.web_search`; beside the
/// usage `credits`, `final_unit_deduction`, `final_balance_deduction.quota`, `billing.0.amount`;
/// without any of these Sora's `seconds`.
[[nodiscard]] std::vector<UsageMetric> usage_metrics(const AnswerLevels& levels,
                                                     const UsageBlock& block);

/// Fills the fields of `facts` from `resolution` to `credits` with what a finished task used. Only
/// for successes: before the end, and after a failure, vendors repeat what was asked for.
///  - duration_seconds: `duration`, `video_duration`, `total_seconds`; where there is no such total
///    the length of all listed clips together, if the vendor states each.
///  - resolution: what was delivered, stated beside the usage or at any other level. For a
///    super-resolution task that is what its tokens amount to (gateway.md, section 9: tokens over
///    labels), else the label `super_resolution`.
///  - generation_resolution: for a super-resolution task the label of what was generated before,
///    else what its completion_tokens amount to.
///  - units: `final_unit_deduction`, else the amounts that `billing` lists as units, added up.
void read_usage_facts(const AnswerLevels& levels, const UsageBlock& block, TaskFacts& facts);

}  // namespace core
