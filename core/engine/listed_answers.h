// Answers from the gateway's own list of tasks, page by page.
#pragma once

#include <cstddef>
#include <map>
#include <string_view>
#include <vector>

#include "core/engine/query_answers.h"
#include "core/engine/run_context.h"
#include "core/engine/task_window.h"
#include "core/engine/transport.h"

namespace core {

/// Records the entries of a page as answers, without waiting until they are committed. One thread.
class ListedAnswers {
 public:
  ListedAnswers(const RunContext& run, TaskWindow& window, QueryAnswers& answers)
      : run_(run), window_(window), answers_(answers) {}

  /// See Engine::take_listed.
  [[nodiscard]] std::size_t take(int account, std::vector<ListedAnswer>&& page);
  /// After the last page: waits until all is committed, so that no task is queried all the same.
  void commit();

 private:
  void make_room(std::size_t entries);
  [[nodiscard]] bool take(TaskRecord&& task, ListedAnswer& listed);

  RunContext run_;
  TaskWindow& window_;
  QueryAnswers& answers_;
  // The ledger still counts them as open, and a later page may have them again.
  std::map<TaskKey, Ticket> uncommitted_;
};

}  // namespace core
