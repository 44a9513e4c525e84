// What a task cost, for `status TASK_ID`.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/settings.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

/// Of a closed task what its lines say, else what the price book of --prices says now: a part for
/// each line ("12.6 CNY"). None if it is not finished, or there is neither. Throws
/// core::UsageError if the price book cannot be read.
[[nodiscard]] std::vector<std::string> costs_of(const Settings& settings, core::TaskKey task);

}  // namespace cmd
