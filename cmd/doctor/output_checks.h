// Whether videos can be saved where --output says.
#pragma once

#include "cmd/cli/settings.h"
#include "cmd/doctor/findings.h"

namespace cmd {

/// The output folder; or the bucket, and the folder for parts.
void check_output(const Settings& settings, Findings& findings);

}  // namespace cmd
