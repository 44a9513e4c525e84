// What the parts of a run share.
#pragma once

#include "core/clock.h"
#include "core/engine/run_plan.h"
#include "core/ledger/ledger.h"

namespace core {

/// Everything here outlives the parts and belongs to the engine's thread.
struct RunContext {
  const RunPlan& plan;
  Ledger& ledger;
  const Clock& clock;
  RunTally& tally;
  const Notify& notify;  ///< may be empty
};

}  // namespace core
