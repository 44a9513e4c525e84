// Past runs as pages.
#pragma once

#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

/// `runs`: rows of v_run, ascending; the newest comes first.
[[nodiscard]] std::string runs_table(const std::vector<core::ViewRow>& runs, core::UtcTime now);
/// The contents of the two pages.
[[nodiscard]] std::string runs_page(const std::vector<core::ViewRow>& runs, core::UtcTime now);
[[nodiscard]] std::string run_page(const core::ViewRow& run);

}  // namespace cmd
