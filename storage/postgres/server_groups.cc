#include "storage/postgres/server_groups.h"

#include <cstdint>
#include <string>

#include "core/domain/lifecycle.h"
#include "storage/statements/state_counts.h"

namespace storage {
namespace {

// {account, model, state, tasks, videos on disk, their bytes}
constexpr const char* kGroups =
    "SELECT a.name, g.model, g.state, g.tasks, g.videos, g.bytes FROM ("
    "SELECT t.account, coalesce(t.model, t.input_model, '') AS model, t.state, count(*) AS tasks, "
    "sum(v.videos)::bigint AS videos, sum(v.bytes)::bigint AS bytes FROM task AS t LEFT JOIN "
    "(SELECT task, count(*) AS videos, sum(bytes) AS bytes FROM video WHERE state = 1 "
    "GROUP BY task) AS v ON v.task = t.id "
    "WHERE NOT EXISTS (SELECT 1 FROM forgotten AS f WHERE f.task = t.id) GROUP BY 1, 2, 3"
    ") AS g JOIN account AS a ON a.id = g.account "
    "ORDER BY a.name COLLATE \"C\", g.model COLLATE \"C\"";

}  // namespace

std::vector<core::TaskGroup> server_groups(ServerRows& rows) {
  std::vector<core::TaskGroup> groups;
  auto found = rows.select(kGroups, {});
  while (found.step()) {
    if (groups.empty() || groups.back().account != found.text(0) ||
        groups.back().model != found.text(1)) {
      groups.push_back(
          {.account = std::string(found.text(0)), .model = std::string(found.text(1))});
    }
    core::TaskGroup& group = groups.back();
    add_state(group, static_cast<core::TaskState>(found.integer(2)),
              static_cast<std::uint64_t>(found.integer(3)));
    group.videos_done += static_cast<std::uint64_t>(found.integer(4));
    group.bytes += found.integer(5);
  }
  return groups;
}

}  // namespace storage
