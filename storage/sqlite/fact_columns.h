// The facts of a task as columns of the ledger's tables, made from the one table of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/domain/task_facts.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// The facts that any answer sets, not the final one alone, and that a later one without them
/// keeps.
inline constexpr auto kStickyTimes = core::fact_members<core::FactTime, core::is_of_any_answer>();
inline constexpr auto kStickyTexts = core::fact_members<core::FactText, core::is_of_any_answer>();

/// Calls `visit` with the facts that fulfil the condition: the times before the texts. All lists
/// below have this order.
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

/// SQL: "t.submit_time, t.start_time", where `prefix` is "t.".
[[nodiscard]] inline std::string fact_columns(std::string_view prefix,
                                              core::FactCondition accepts = core::any_fact) {
  std::string columns;
  each_fact(accepts, [&](const core::Fact& fact) {
    ((columns += columns.empty() ? "" : ", ") += prefix) += fact.column;
  });
  return columns;
}

/// SQL for an UPDATE: "start_time = coalesce(?5, start_time), ratio = ?6", with the parameters from
/// `parameter` on. Only a fact of the final answer is cleared by an answer that lacks it.
[[nodiscard]] inline std::string fact_assignments(int parameter,
                                                  core::FactCondition accepts = core::any_fact) {
  std::string sql;
  each_fact(accepts, [&](const core::Fact& fact) {
    const std::string column(fact.column);
    const std::string value = "?" + std::to_string(parameter++);
    sql += (sql.empty() ? "" : ", ") + column + " = " +
           (core::is_of_any_answer(fact) ? "coalesce(" + value + ", " + column + ")" : value);
  });
  return sql;
}

/// Binds all facts from the position on, an empty one as null. They must live as long as a bound
/// text must. Returns the position behind them.
inline int bind_facts(Statement& statement, int position, const core::TaskFacts& facts) {
  for (const auto time : core::kFactTimes) {
    statement.bind_time(position++, facts.*time);
  }
  for (const auto text : core::kFactTexts) {
    statement.bind_or_null(position++, facts.*text);
  }
  return position;
}

}  // namespace storage
