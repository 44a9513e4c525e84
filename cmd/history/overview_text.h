// The whole ledger as `status` shows it.
#pragma once

#include <iosfwd>
#include <optional>

#include "core/clock.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

/// `last_run`: none if there was no run. At most 80 columns.
void print_overview(std::ostream& out, const core::LedgerOverview& overview,
                    const std::optional<core::ViewRow>& last_run, core::UtcTime now);
/// One JSON object, `"type":"totals"`.
void print_overview_json(std::ostream& out, const core::LedgerOverview& overview,
                         const std::optional<core::ViewRow>& last_run);

}  // namespace cmd
