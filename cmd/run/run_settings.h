// Converts the settings of a run into the settings of engine, network and hooks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cmd/cli/accounts.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/run/video_hooks.h"
#include "core/engine/run_plan.h"
#include "core/http/curl_transport.h"
#include "core/ledger/work_list.h"

namespace cmd {

/// The plan without the parts that the run decides later: concurrency, deadline, the reason not to
/// download, and which notices are sent. `run` is the number of the run in the ledger.
[[nodiscard]] core::RunPlan plan_of(const Settings& settings, std::int64_t run);

/// Reads the keys. Throws core::UsageError for an invalid base URL or key.
[[nodiscard]] core::TransportSettings transport_settings(const Settings& settings,
                                                         const std::vector<Account>& accounts);

/// The file of trusted CA certificates; empty: the system's. Throws core::UsageError if it cannot
/// be read.
[[nodiscard]] std::string ca_file(const Settings& settings);

/// The proxies of --proxy or the environment. Throws core::UsageError for an invalid one.
[[nodiscard]] core::Proxies proxies(const Settings& settings);

/// `check_base_url` for the account. Without --allow-http it also throws core::UsageError if the
/// URL is plain http:// and goes through a proxy on another machine, which could read the key.
[[nodiscard]] std::string base_url_of(const Account& account, const Settings& settings);

[[nodiscard]] std::string user_agent();

/// If the limit of open files (ulimit -n) is low, reduces the number of concurrent transfers and
/// logs a warning, instead of letting transfers fail.
void fit_to_open_files(core::TransportSettings& transport, Log& log);

/// How the import checks whether a recorded video is on disk; null with --no-download.
[[nodiscard]] core::OnDisk on_disk(const Settings& settings);

/// The path of a program that an option names. Throws core::UsageError if it cannot be run.
[[nodiscard]] std::string found_program(const Settings& settings, GivenTextName option,
                                        const std::string& program);

/// The environment for programs: everything except the variables that are to hold keys.
[[nodiscard]] Environment without_keys(const Settings& settings);

/// The environment for --exec holds no key of any account. Throws core::UsageError if the program
/// cannot be run.
[[nodiscard]] VideoHookSettings hook_settings(const Settings& settings,
                                              const core::TransportSettings& transport);

}  // namespace cmd
