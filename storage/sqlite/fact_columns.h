// Binds the facts of a task to columns; storage/statements/fact_columns.h has the lists.
#pragma once

#include <string>

#include "core/domain/task_facts.h"
#include "storage/sqlite/statement.h"
#include "storage/statements/fact_columns.h"

namespace storage {

/// Whether a task has facts of an earlier answer.
enum class Earlier { none, kept };

/// SQL for an UPDATE: "start_time = coalesce(?5, start_time), ratio = ?6", with the parameters from
/// `parameter` on. An answer without a fact clears it only if the fact belongs to the final answer.
[[nodiscard]] inline std::string fact_assignments(int parameter, Earlier earlier,
                                                  core::FactCondition accepts = core::any_fact) {
  std::string sql;
  each_fact(accepts, [&](const core::Fact& fact) {
    const std::string column(fact.column);
    const std::string value = "?" + std::to_string(parameter++);
    sql += (sql.empty() ? "" : ", ") + column + " = " +
           (earlier == Earlier::kept && core::is_of_any_answer(fact)
                ? "coalesce(" + value + ", " + column + ")"
                : value);
  });
  return sql;
}

/// Binds all facts from the position on, an empty one as null. They must live as long as bound
/// texts. Returns the position after them.
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
