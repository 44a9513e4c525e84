// `reeltally config`: every setting, its value and where the value comes from.
#pragma once

#include <iosfwd>
#include <string>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Prints a table, or with --json one object per line: `{"type":"setting","name":…,"value":…,
/// "origin":…}`, then the accounts and the origin of each key. Secrets are masked. An unreadable
/// key is shown as such and is not an error here. Returns the exit code.
ExitCode run_config(const Settings& settings, Log& log, std::ostream& out);

/// A setting's value as `config` shows it: "(none)" without a value; masked if it is secret.
[[nodiscard]] std::string shown_value(const Setting& setting);

}  // namespace cmd
