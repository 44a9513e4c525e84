// A crew's runs as its ledger keeps them. All within the caller's transaction, which holds the
// crew's lock.
#pragma once

#include <cstdint>
#include <optional>

#include "storage/postgres/connection.h"
#include "storage/postgres/run_fence.h"

namespace storage {

/// What a run knows of its place among the others.
struct CrewPlace {
  bool is_known = false;              ///< false: it gave no sign of life yet
  std::optional<std::int64_t> share;  ///< of the crew's rate, in queries per second; none: no rate
  bool is_waiting = false;            ///< others still have a part of its share
  std::uint64_t slow_downs = 0;       ///< how often others were refused since this run began
  std::uint64_t slow_downs_before = 0;  ///< and before it
  bool operator==(const CrewPlace&) const = default;
};

/// Whether tasks or videos are no run's.
[[nodiscard]] bool is_any_work_free(Connection& connection);

/// Takes the run's share of the rate, and tells the others how often this run was refused. `place`:
/// as it was known, and then as it is.
void renew_place(Connection& connection, const RunFence& fence, std::uint64_t slow_downs,
                 CrewPlace& place);

/// Declares the other runs lost whose lease is over, and frees the work of those that are gone.
void declare_others_lost(Connection& connection, const RunFence& fence);

/// Frees the open work of runs that are lost or over.
void free_work_of_the_gone(Connection& connection);

}  // namespace storage
