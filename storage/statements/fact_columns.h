// The facts of a task as columns of the ledger's tables, made from the one table of facts.
#pragma once

#include <string>
#include <string_view>

#include "core/domain/task_facts.h"

namespace storage {

/// The facts that any answer sets, not only the final one; a later answer without them does not
/// clear them.
inline constexpr auto kStickyTimes = core::fact_members<core::FactTime, core::is_of_any_answer>();
inline constexpr auto kStickyTexts = core::fact_members<core::FactText, core::is_of_any_answer>();

/// Calls `visit` with the facts that meet the condition: the times before the texts. All lists of
/// facts have this order.
template <typename Visit>
void each_fact(core::FactCondition accepts, Visit visit) {
  for (const bool times : {true, false}) {
    for (const core::Fact& fact : core::kFacts) {
      if (accepts(fact) && (fact.kind == core::FactKind::time) == times) {
        visit(fact);
      }
    }
  }
}

/// SQL: "t.submit_time, t.start_time" if `prefix` is "t.".
[[nodiscard]] inline std::string fact_columns(std::string_view prefix,
                                              core::FactCondition accepts = core::any_fact) {
  std::string columns;
  each_fact(accepts, [&](const core::Fact& fact) {
    ((columns += columns.empty() ? "" : ", ") += prefix) += fact.column;
  });
  return columns;
}

}  // namespace storage
