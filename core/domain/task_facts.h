// The facts of a task: what an answer says beyond the state, and the one table of all facts.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/clock.h"

namespace core {

/// What is known of a task beyond its state. Empty text or no value: unknown. Numbers are plain
/// decimals as text, exactly as sent, never with an exponent. Each member has a row in kFacts
/// below.
struct TaskFacts {
  std::optional<UtcTime> submit_time;
  std::optional<UtcTime> start_time;
  std::optional<UtcTime> finish_time;        ///< when the gateway noticed the end
  std::optional<UtcTime> upstream_end_time;  ///< when the vendor finished (gateway.md T1: UTC+8)
  std::string model;
  std::string action;
  std::string request_id;  ///< of the submit request: the key to the gateway's log (gateway.md G11)
  std::string resolution;  ///< of the delivered video
  /// The generated resolution, if super resolution changed it afterwards; else empty.
  std::string generation_resolution;
  std::string ratio;
  std::string duration_seconds;  ///< the vendor's billable total
  std::string input_seconds;
  std::string output_seconds;  ///< the length of the clip
  std::string video_count;
  std::string completion_tokens;
  std::string total_tokens;
  std::string super_resolution_tokens;
  std::string units;        ///< Kling final_unit_deduction
  std::string credits;      ///< Vidu
  std::string quota;        ///< the gateway's own charge, in gateway units
  std::string fail_reason;  ///< failures only; URLs in it are redacted
  friend bool operator==(const TaskFacts&, const TaskFacts&) = default;
};

using FactTime = std::optional<UtcTime> TaskFacts::*;
using FactText = std::string TaskFacts::*;

/// The kind of a fact decides how it is stored, compared, summed and shown.
enum class FactKind {
  time,
  text,
  /// A text that a price may depend on: tasks with different values are never summed as one.
  price_text,
  /// A number: summed by reports, priced, and compared by value ("5" and "5.0" are equal).
  count,
};

/// Which answers set a fact of a task.
enum class FactSource {
  final_answer,  ///< only the final answer; a final answer without the fact clears it
  /// Any answer: the last one with a value counts, until an answer is final.
  any_answer,
};

/// Whether a fact that changed after a period was closed corrects the task's frozen lines. One that
/// earlier versions did not record corrects nothing: otherwise a new answer would correct lines
/// that were right.
enum class FactChange { corrects_lines, corrects_nothing };

/// Where a report of lines shows a fact. New columns are only added at the end.
enum class FactPlace { not_shown, before_status, behind_status, at_the_end };

/// A row of the table: {column, member, kind}, and how reports and closed periods use the fact.
struct Fact {
  std::string_view column;  ///< of the ledger's `task` and `report_line`
  std::variant<FactTime, FactText> member;
  FactKind kind = FactKind::text;
  FactSource source = FactSource::final_answer;
  FactChange change = FactChange::corrects_nothing;
  FactPlace place = FactPlace::not_shown;
  std::string_view report_column{};  ///< in reports and exports; empty: same as `column`
  /// The number of the migration that added the column. Reports of periods that were closed before
  /// it do not have the column.
  int since = 1;

  [[nodiscard]] constexpr std::string_view name_in_reports() const {
    return report_column.empty() ? column : report_column;
  }
};

/// All facts. To add one: a member above, its row here, a migration that adds its column to `task`
/// and `report_line` (in a file a view: by its kind to `line_terms`, `line_amounts`, or, as the
/// difference to `billed_at` or as a text, to `frozen_line`), and a line where answers are read
/// (core/gateway/usage.cc).
inline constexpr std::array kFacts = {
    Fact{"submit_time", &TaskFacts::submit_time, FactKind::time, FactSource::any_answer,
         FactChange::corrects_nothing, FactPlace::behind_status, "submitted_at"},
    Fact{"start_time", &TaskFacts::start_time, FactKind::time, FactSource::any_answer,
         FactChange::corrects_nothing, FactPlace::behind_status, "started_at"},
    Fact{"finish_time", &TaskFacts::finish_time, FactKind::time, FactSource::final_answer,
         FactChange::corrects_nothing, FactPlace::behind_status, "finished_at"},
    Fact{"upstream_end_time", &TaskFacts::upstream_end_time, FactKind::time,
         FactSource::final_answer, FactChange::corrects_nothing, FactPlace::behind_status,
         "upstream_finished_at"},
    Fact{"model", &TaskFacts::model, FactKind::price_text, FactSource::any_answer,
         FactChange::corrects_lines, FactPlace::before_status},
    Fact{"action", &TaskFacts::action, FactKind::price_text, FactSource::any_answer,
         FactChange::corrects_lines, FactPlace::before_status},
    Fact{"request_id", &TaskFacts::request_id, FactKind::text, FactSource::any_answer,
         FactChange::corrects_nothing, FactPlace::at_the_end, "", 10},
    Fact{"resolution", &TaskFacts::resolution, FactKind::price_text, FactSource::final_answer,
         FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"generation_resolution", &TaskFacts::generation_resolution, FactKind::price_text,
         FactSource::final_answer, FactChange::corrects_nothing, FactPlace::not_shown, "", 10},
    Fact{"ratio", &TaskFacts::ratio, FactKind::price_text, FactSource::final_answer,
         FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"duration_seconds", &TaskFacts::duration_seconds, FactKind::count,
         FactSource::final_answer, FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"input_seconds", &TaskFacts::input_seconds, FactKind::count, FactSource::final_answer,
         FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"output_seconds", &TaskFacts::output_seconds, FactKind::count, FactSource::final_answer,
         FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"video_count", &TaskFacts::video_count, FactKind::count, FactSource::final_answer,
         FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"completion_tokens", &TaskFacts::completion_tokens, FactKind::count,
         FactSource::final_answer, FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"total_tokens", &TaskFacts::total_tokens, FactKind::count, FactSource::final_answer,
         FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"super_resolution_tokens", &TaskFacts::super_resolution_tokens, FactKind::count,
         FactSource::final_answer, FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"units", &TaskFacts::units, FactKind::count, FactSource::final_answer,
         FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"credits", &TaskFacts::credits, FactKind::count, FactSource::final_answer,
         FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"quota", &TaskFacts::quota, FactKind::count, FactSource::final_answer,
         FactChange::corrects_lines, FactPlace::behind_status},
    Fact{"fail_reason", &TaskFacts::fail_reason, FactKind::text, FactSource::final_answer},
};

using FactCondition = bool (*)(const Fact&);

/// The members of type `Member` whose facts meet the condition, in the order of the table.
template <typename Member, FactCondition accepts>
[[nodiscard]] constexpr auto fact_members() {
  constexpr auto kTaken = [](const Fact& fact) {
    return std::holds_alternative<Member>(fact.member) && accepts(fact);
  };
  std::array<Member, static_cast<std::size_t>(std::count_if(kFacts.begin(), kFacts.end(), kTaken))>
      members{};
  auto at = members.begin();
  for (const Fact& fact : kFacts) {
    if (kTaken(fact)) {
      *at++ = std::get<Member>(fact.member);
    }
  }
  return members;
}

constexpr bool any_fact(const Fact& /*fact*/) { return true; }
constexpr bool is_count(const Fact& fact) { return fact.kind == FactKind::count; }
constexpr bool is_price_text(const Fact& fact) { return fact.kind == FactKind::price_text; }
constexpr bool is_of_final_answer(const Fact& fact) {
  return fact.source == FactSource::final_answer;
}
constexpr bool is_of_any_answer(const Fact& fact) { return fact.source == FactSource::any_answer; }

inline constexpr auto kFactTimes = fact_members<FactTime, any_fact>();
inline constexpr auto kFactTexts = fact_members<FactText, any_fact>();
static_assert(sizeof(TaskFacts) == kFactTimes.size() * sizeof(std::optional<UtcTime>) +
                                       kFactTexts.size() * sizeof(std::string),
              "each member of TaskFacts needs its row in kFacts");

/// The counts that a report sums up, in the order of its columns.
inline constexpr auto kCounts = fact_members<FactText, is_count>();

/// The fact's row in the table.
template <typename Member>
[[nodiscard]] constexpr const Fact& fact_of(Member member) {
  return *std::find_if(kFacts.begin(), kFacts.end(), [member](const Fact& fact) {
    const Member* own = std::get_if<Member>(&fact.member);
    return own != nullptr && *own == member;
  });
}

}  // namespace core
