// What the settings of a run mean to the engine, the network and the hooks.
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
#include "storage/answers/import_batch.h"

namespace cmd {

/// All of the plan but what the transport and the run itself decide: how many at once, the
/// deadline, what hinders downloads, what is told. `run` is the ledger's number of the run.
[[nodiscard]] core::RunPlan plan_of(const Settings& settings, std::int64_t run);

/// Reads the keys. Throws core::UsageError for a base URL or a key that is none.
[[nodiscard]] core::TransportSettings transport_settings(const Settings& settings,
                                                         const std::vector<Account>& accounts);

/// Whose CA certificates are trusted; empty: the system's. Throws core::UsageError when they cannot
/// be read.
[[nodiscard]] std::string ca_file(const Settings& settings);

/// The proxies of --proxy or the environment. Throws core::UsageError for one that is none.
[[nodiscard]] core::Proxies proxies(const Settings& settings);

/// `check_base_url` for the account; throws core::UsageError also for a plain http:// that a proxy
/// on another machine would see, key and all, without --allow-http.
[[nodiscard]] std::string base_url_of(const Account& account, const Settings& settings);

[[nodiscard]] std::string user_agent();

/// With few files allowed (ulimit -n) fewer transfers run at once, instead of many failing; the log
/// says so.
void fit_to_open_files(core::TransportSettings& transport, Log& log);

/// How a run looks for a recorded video; none for one that fetches nothing, and so needs no files.
[[nodiscard]] storage::OnDisk on_disk(const Settings& settings);

/// What --exec may know is everything but the keys, those of other accounts too. Throws
/// core::UsageError when its program may not be run.
[[nodiscard]] VideoHookSettings hook_settings(const Settings& settings,
                                              const core::TransportSettings& transport);

}  // namespace cmd
