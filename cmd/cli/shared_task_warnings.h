// Warnings about tasks that the ledger has under two accounts of one gateway.
#pragma once

#include <functional>
#include <string>

#include "cmd/cli/settings.h"
#include "core/billing/billing_source.h"

namespace cmd {

/// `text` describes the problem, `advice` the remedy.
using TellSharedTasks = std::function<void(const std::string& text, const std::string& advice)>;

/// Calls `tell` for each pair of the ledger's accounts with common task IDs, if the accounts have
/// the same base URL in the settings, or the tasks' final answers show that they are the same.
/// Throws like storage::open_billing_source.
void warn_of_shared_tasks(const Settings& settings, const std::string& ledger,
                          core::SharedTaskScope scope, const TellSharedTasks& tell);

}  // namespace cmd
