// The command that a user runs after a run.
#pragma once

#include <string>

#include "cmd/cli/settings.h"
#include "cmd/run/summary.h"

namespace cmd {

/// A line for a shell, with the options of this run that the next one needs; empty: all is done.
/// Never with a secret. `input_cut`: rows of the inputs were not read.
[[nodiscard]] std::string next_command(const Settings& settings, const Summary& summary,
                                       bool input_cut);

}  // namespace cmd
