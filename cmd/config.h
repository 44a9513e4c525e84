// `reeltally config`: every setting, its value and where the value comes from.
#pragma once

#include <iosfwd>
#include <string>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Prints a table, or with --json one object a line: `{"type":"setting","name":…,"value":…,
/// "origin":…}`, then the accounts and where the key of each comes from. Secrets are masked. A key
/// that cannot be read is shown as such and is not an error here. Returns the exit code.
ExitCode run_config(const Settings& settings, Log& log, std::ostream& out);

/// A setting's value as `config` shows it: "(none)" when there is none, masked when it is secret.
[[nodiscard]] std::string shown_value(const Setting& setting);

}  // namespace cmd
