// The notices to the user about the queries of a run.
#pragma once

#include <string>

#include "core/engine/run_context.h"
#include "core/engine/task_window.h"
#include "core/engine/transport.h"

namespace core {

/// Does nothing if the run has no Notify. One thread.
class QueryNotices {
 public:
  explicit QueryNotices(const RunContext& run) : run_(run) {}

  void tell(Notice::Kind kind, const HeldTask& held, std::string text) const;
  /// A notice about the run as a whole.
  void tell(Notice::Kind kind, std::string text) const;
  /// A notice about a task that is not in the window.
  void tell(Notice::Kind kind, const std::string& task_id, int account, std::string text) const;

  /// The result of one query; only with RunPlan::tell_requests.
  void request(const HeldTask& held, const QueryAnswer& answer, Verdict verdict) const;
  void request(const HeldTask& held, const std::string& outcome) const;

  void left_to_next_run(const TaskRecord& task) const;
  void unrecognised(const HeldTask& held, const Answer& answer) const;
  void unreachable_videos(const HeldTask& held, const Answer& answer) const;
  /// Says once that the key's list of models makes the gateway refuse unknown IDs.
  void model_list();

 private:
  RunContext run_;
  bool told_of_model_list_ = false;
};

}  // namespace core
