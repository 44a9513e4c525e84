// The gateway's own lists of the chosen account's user: tasks and log.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "cmd/cli/accounts.h"
#include "cmd/cli/settings.h"
#include "core/domain/task.h"
#include "core/gateway/key_standing.h"
#include "core/http/user_api.h"
#include "core/input/task_list.h"

namespace cmd {

/// How long a list is asked for.
struct ListPatience {
  std::int64_t retries = 0;
  std::chrono::seconds retry_after_max = core::UserApiTerms().retry_after_max;
  std::function<bool()> stop{};  ///< true ends waits and requests; empty: nothing does
};

/// The name of such a list as an input.
inline constexpr const char* kGatewayList = "the gateway's list of tasks";

/// Throws core::UsageError without a usable token or base URL.
[[nodiscard]] core::UserApi user_api(const Account& account, const Settings& settings,
                                     const ListPatience& patience);

/// What the gateway says about the account's API key; none if there is no key or no such answer.
[[nodiscard]] std::optional<core::KeyStanding> standing_of_key(const Account& account,
                                                               const Settings& settings);

/// What a list of tasks held.
struct ListedTasks {
  std::uint64_t listed = 0;    ///< entries, an entry perhaps more than once
  std::uint64_t rejected = 0;  ///< of those, without a usable ID
  std::uint64_t others = 0;    ///< of those, no videos
};

/// The tasks of the last `since` before `now`, the newest first. Throws as core::UserApi.
[[nodiscard]] ListedTasks each_listed_task(
    core::UserApi& api, core::UtcTime now, std::chrono::milliseconds since,
    const std::function<void(core::WantedTask&&)>& take,
    const std::function<void(const core::RejectedRow&)>& reject);

}  // namespace cmd
