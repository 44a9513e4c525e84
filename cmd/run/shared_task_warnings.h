// Warnings about tasks that the ledger has under two accounts of one gateway.
#pragma once

#include <functional>
#include <string>

#include "cmd/cli/settings.h"
#include "core/billing/billing_source.h"

namespace cmd {

/// `text` says what is wrong, `advice` what to do.
using TellSharedTasks = std::function<void(const std::string& text, const std::string& advice)>;

/// Calls `tell` for each pair of the ledger's accounts that share task IDs, if the accounts have
/// one base URL by the settings, or the tasks' final answers tell that they are the same.
/// Throws as storage::open_billing_source does.
void warn_of_shared_tasks(const Settings& settings, const std::string& ledger,
                          core::SharedTaskScope scope, const TellSharedTasks& tell);

}  // namespace cmd
