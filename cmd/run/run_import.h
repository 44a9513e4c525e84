// The first part of a run: adds the rows of its inputs to the ledger's work list.
#pragma once

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/run/run_inputs.h"
#include "cmd/run/run_outcome.h"
#include "core/input/task_list.h"
#include "core/ledger/work_list.h"

namespace cmd {

/// One thread.
class RunImport {
 public:
  RunImport(const Settings& settings, Log& log, RunInputs& inputs, RunOutcome& outcome)
      : settings_(settings), log_(log), inputs_(inputs), outcome_(outcome) {}

  /// Reads all inputs, and adds the tasks of --pending. Returns false if `patience` ended before
  /// the inputs did: the rows read so far are on the work list.
  [[nodiscard]] bool read_into(core::WorkList& work_list, const core::InputPatience& patience);

 private:
  [[nodiscard]] bool read_inputs(const RunInputs::Take& take, std::int64_t run);
  void tell_label_differences(const core::LabelDifferences& differences, bool taken);

  const Settings& settings_;
  Log& log_;
  RunInputs& inputs_;
  RunOutcome& outcome_;
};

}  // namespace cmd
