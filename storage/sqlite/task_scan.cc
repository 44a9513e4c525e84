#include "storage/sqlite/task_scan.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/domain/lifecycle.h"
#include "core/domain/task.h"
#include "storage/statements/account_names.h"
#include "storage/statements/state_counts.h"

namespace storage {
namespace {

constexpr const char* kTasks =
    "SELECT id, state, account, model, input_model FROM task ORDER BY id";
constexpr const char* kVideos =
    "SELECT task, state, bytes, expires_at FROM video ORDER BY task, video_index";
constexpr const char* kForgotten = "SELECT task FROM forgotten ORDER BY task";
constexpr const char* kLastNumbers =
    "SELECT (SELECT max(id) FROM snapshot), (SELECT max(id) FROM run)";

// The groups by account and model.
class GroupsByModel {
 public:
  // Valid as long as this.
  core::TaskGroup& of(std::int64_t account, std::string_view model) {
    // Most ledgers have a few groups, which alternate from task to task.
    for (const auto& [key, group] : recent_) {
      if (group != nullptr && key == account && group->model == model) {
        return *group;
      }
    }
    core::TaskGroup& group = groups_[account][std::string(model)];
    group.model = model;
    recent_.at(next_) = {account, &group};
    next_ = (next_ + 1) % recent_.size();
    return group;
  }
  [[nodiscard]] std::vector<core::TaskGroup> all(const AccountNames& names) const {
    std::vector<core::TaskGroup> groups;
    for (const auto& [account, by_model] : groups_) {
      for (const auto& [model, group] : by_model) {
        groups.push_back(group);
        groups.back().account = names.name(account);
      }
    }
    std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
      return std::tie(a.account, a.model) < std::tie(b.account, b.model);
    });
    return groups;
  }

 private:
  std::unordered_map<std::int64_t, std::unordered_map<std::string, core::TaskGroup>> groups_;
  std::array<std::pair<std::int64_t, core::TaskGroup*>, 8> recent_{};
  std::size_t next_ = 0;
};

// Goes through rows whose first column is a task, in step with the tasks.
class Follower {
 public:
  Follower(SqliteRows& rows, const char* text) : rows_(rows.select(text, {})) { next(); }

  // Calls `take` for each row of the task.
  template <typename Take>
  void rows_of(std::int64_t task, const Take& take) {
    for (; task_ <= task; next()) {
      if (task_ == task) {
        take(rows_);
      }
    }
  }

 private:
  void next() {
    task_ = rows_.step() ? rows_.integer(0) : std::numeric_limits<std::int64_t>::max();
  }

  SqliteRows::Cursor rows_;
  std::int64_t task_ = 0;
};

void add_video(const SqliteRows::Cursor& row, core::LedgerTotals& totals, core::TaskGroup* group) {
  const std::int64_t bytes = row.integer(2);
  totals.video_bytes += bytes;
  switch (static_cast<core::VideoState>(row.integer(1))) {
    case core::VideoState::wanted:
      ++totals.videos_wanted;
      if (const auto expiry = row.time(3)) {
        totals.soonest_expiry = std::min(totals.soonest_expiry.value_or(*expiry), *expiry);
      }
      return;
    case core::VideoState::done:
      ++totals.videos_done;
      if (group != nullptr) {
        ++group->videos_done;
        group->bytes += bytes;
      }
      return;
    case core::VideoState::failed:
      ++totals.videos_failed;
      return;
    case core::VideoState::expired:
      ++totals.videos_expired;
      return;
  }
}

}  // namespace

void scan_tasks(SqliteRows& rows, core::LedgerOverview& overview) {
  core::LedgerTotals& totals = overview.totals;
  GroupsByModel groups;
  Follower videos(rows, kVideos);
  Follower forgotten(rows, kForgotten);
  auto tasks = rows.select(kTasks, {});
  while (tasks.step()) {
    const std::int64_t task = tasks.integer(0);
    bool is_forgotten = false;
    forgotten.rows_of(task, [&](const auto& /*row*/) { is_forgotten = true; });
    core::TaskGroup* group = nullptr;
    if (!is_forgotten) {
      const std::string_view stated = tasks.text(3);
      group = &groups.of(tasks.integer(2), stated.empty() ? tasks.text(4) : stated);
      const auto state = static_cast<core::TaskState>(tasks.integer(1));
      add_state(*group, state, 1);
      add_state(totals, state, 1);
    }
    videos.rows_of(task, [&](const auto& row) { add_video(row, totals, group); });
  }
  overview.groups = groups.all(AccountNames(rows));
  auto numbers = rows.select(kLastNumbers, {});
  numbers.step();
  totals.answers = static_cast<std::uint64_t>(numbers.integer(0));
  totals.runs = static_cast<std::uint64_t>(numbers.integer(1));
}

}  // namespace storage
