// What core::LedgerReader reads, as texts for any engine, and the rows of these texts.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/domain/lifecycle.h"
#include "core/ledger/ledger_reader.h"
#include "core/text/hex.h"
#include "storage/answers/json_text.h"
#include "storage/answers/link_life.h"
#include "storage/statements/rows.h"
#include "storage/statements/state_counts.h"
#include "storage/statements/task_rules.h"

namespace storage {

/// {state, tasks in it that were not taken back}
inline constexpr const char* kTaskCounts =
    "SELECT state, count(*) - (SELECT count(*) FROM forgotten AS f JOIN task AS t "
    "ON t.id = f.task WHERE t.state = task.state) FROM task GROUP BY state";
/// {tasks that were taken back, --stale-after of the last run: null if there was none}
inline constexpr const char* kForgottenAndStaleAfter =
    "SELECT (SELECT count(*) FROM forgotten), "
    "(SELECT stale_after_ms FROM run ORDER BY id DESC LIMIT 1)";
/// {since when the oldest open task counts, how many are stale}. $1: core::stale_before.
inline const std::string kOpenTasks = "SELECT min(" + kTaskSince + "), count(CASE WHEN " +
                                      is_stale("$1") + " THEN 1 END) FROM task AS t WHERE " +
                                      kIsOpen;
/// {videos by state, of 0 to 3; soonest expiry of a wanted one; bytes; answers; runs}
inline constexpr const char* kVideoCounts =
    "SELECT count(CASE state WHEN 0 THEN 1 END), count(CASE state WHEN 1 THEN 1 END), "
    "count(CASE state WHEN 2 THEN 1 END), count(CASE state WHEN 3 THEN 1 END), "
    "min(CASE state WHEN 0 THEN expires_at END), CAST(sum(bytes) AS bigint), "
    "(SELECT max(id) FROM snapshot), (SELECT max(id) FROM run) FROM video";

/// {task ID}, in the ledger's order. Parameters: $1 the account's row, $2 core::stale_before.
inline const std::string kPendingIds =
    "SELECT t.task_id FROM (" + kPendingTasks +
    ") AS p JOIN task AS t ON t.id = p.task GROUP BY t.id HAVING min(p.settled) = 0 ORDER BY t.id";

/// {key, state, unsettled, taken back} of the task $2 of the account $1.
inline constexpr const char* kListedTask =
    "SELECT t.id, t.state, EXISTS (SELECT 1 FROM unsettled AS u WHERE u.task = t.id), "
    "EXISTS (SELECT 1 FROM forgotten AS f WHERE f.task = t.id) "
    "FROM task AS t JOIN account AS a ON a.id = t.account WHERE a.name = $1 AND t.task_id = $2";
/// {index, path, bytes} of the saved videos of the task $1.
inline constexpr const char* kRecordedFiles =
    "SELECT video_index, path, bytes FROM video WHERE task = $1 AND state = 1";

// Views. $1: the account; $2: the task's ID.
inline constexpr const char* kTaskView = "SELECT * FROM v_task WHERE account = $1 AND task_id = $2";
inline constexpr const char* kTaskKey =
    "SELECT t.id FROM task AS t JOIN account AS a ON a.id = t.account "
    "WHERE a.name = $1 AND t.task_id = $2";
inline constexpr const char* kVideoView =
    "SELECT * FROM v_video WHERE account = $1 AND task_id = $2 ORDER BY video_index";
[[nodiscard]] inline std::string newest_snapshots_view(std::size_t count) {
  return "SELECT * FROM (SELECT * FROM v_snapshot WHERE account = $1 AND task_id = $2 "
         "ORDER BY snapshot_id DESC LIMIT " +
         std::to_string(count) + ") AS newest ORDER BY snapshot_id";
}
inline constexpr const char* kSnapshotCount =
    "SELECT count(*) AS answers FROM snapshot AS s JOIN task AS t ON t.id = s.task "
    "JOIN account AS a ON a.id = t.account WHERE a.name = $1 AND t.task_id = $2";
// The same of the snapshot $1.
inline constexpr const char* kOneSnapshotView = "SELECT * FROM v_snapshot WHERE snapshot_id = $1";
inline constexpr const char* kUsageView =
    "SELECT name, value FROM usage_metric WHERE snapshot = $1";
// Rows of v_run: of the last $1 runs, and of the run $1.
inline constexpr const char* kLastRunsView =
    "SELECT * FROM (SELECT * FROM v_run ORDER BY run_id DESC LIMIT $1) AS last ORDER BY run_id";
inline constexpr const char* kRunView = "SELECT * FROM v_run WHERE run_id = $1";
/// {block, slot} of the snapshot $1.
inline constexpr const char* kAnswerPlace = "SELECT block, slot FROM snapshot WHERE id = $1";
/// If the answer of the snapshot $1 was pruned, a later snapshot with the same SHA-256 has its
/// bytes.
inline constexpr const char* kSameAnswer =
    "SELECT s.block, s.slot FROM snapshot AS o JOIN snapshot AS s ON s.task = o.task "
    "AND s.raw_sha256 = o.raw_sha256 WHERE o.id = $1 AND s.block IS NOT NULL "
    "ORDER BY s.id LIMIT 1";

/// The first row, if there is one.
[[nodiscard]] inline std::optional<core::ViewRow> only_row(std::vector<core::ViewRow>&& rows) {
  return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

/// As saved_video reads it.
inline constexpr const char* kSavedVideos =
    "SELECT v.task, v.video_index, a.name, t.task_id, v.path, v.bytes, v.sha256 "
    "FROM video AS v JOIN task AS t ON t.id = v.task "
    "JOIN account AS a ON a.id = t.account WHERE v.state = 1 ORDER BY v.path";
/// As video_facts reads it, of the video $2 of the task $1.
inline constexpr const char* kVideoFacts =
    "SELECT coalesce(t.model, t.input_model), o.status, coalesce(t.finish_time, s.observed_at), "
    "t.labels, v.checks FROM video AS v JOIN task AS t ON t.id = v.task "
    "JOIN snapshot AS s ON s.id = v.snapshot JOIN outcome AS o ON o.id = s.outcome "
    "WHERE v.task = $1 AND v.video_index = $2";
/// As offered_video reads it, to go on with a condition.
inline const std::string kOfferedVideos =
    "SELECT v.task, v.video_index, v.state, v.expires_at, s.block, s.slot, o.http_status, "
    "t.task_id FROM video AS v JOIN snapshot AS s ON s.id = v.snapshot "
    "JOIN outcome AS o ON o.id = s.outcome JOIN task AS t ON t.id = v.task ";
/// Neither wanted nor on disk.
inline const std::string kSettledVideos = kOfferedVideos + "WHERE v.state NOT IN (0, 1)";

/// Tasks that are open, and how many were taken back; returns core::stale_before of the last run.
template <RowSource Rows>
core::UtcTime read_open_tasks(Rows& source, core::UtcTime now, core::LedgerTotals& totals) {
  auto last = source.select(kForgottenAndStaleAfter, {});
  last.step();
  totals.forgotten = static_cast<std::uint64_t>(last.integer(0));
  // So long that nothing is stale when there was no run.
  const std::chrono::milliseconds stale_after(
      last.is_null(1) ? std::numeric_limits<std::int64_t>::max() : last.integer(1));
  const core::UtcTime before = core::stale_before(now, stale_after);
  auto open = source.select(kOpenTasks, {before.time_since_epoch().count()});
  open.step();
  totals.oldest_unfinished = open.time(0);
  totals.stale = static_cast<std::uint64_t>(open.integer(1));
  return before;
}

/// All counts are of one moment if `source` reads one.
template <RowSource Rows>
[[nodiscard]] core::LedgerTotals read_totals(Rows& source, core::UtcTime now) {
  const auto number = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  core::LedgerTotals totals;
  auto states = source.select(kTaskCounts, {});
  while (states.step()) {
    add_state(totals, static_cast<core::TaskState>(states.integer(0)), number(states.integer(1)));
  }
  read_open_tasks(source, now, totals);
  auto videos = source.select(kVideoCounts, {});
  videos.step();
  totals.videos_wanted = number(videos.integer(0));
  totals.videos_done = number(videos.integer(1));
  totals.videos_failed = number(videos.integer(2));
  totals.videos_expired = number(videos.integer(3));
  totals.soonest_expiry = videos.time(4);
  totals.video_bytes = videos.integer(5);
  totals.answers = number(videos.integer(6));
  totals.runs = number(videos.integer(7));
  return totals;
}

/// The task for which `view` returns the rows of the views above, with its newest answers; `usage`
/// and `answer` return what a snapshot has of them.
template <typename View, typename Usage, typename Answer>
[[nodiscard]] std::optional<core::TaskHistory> read_history(std::size_t answers_max,
                                                            const View& view, const Usage& usage,
                                                            const Answer& answer) {
  const auto number_of = [](const core::ViewRow& row, std::size_t column) {
    return std::stoll(row.at(column).second.value_or("0"));
  };
  std::vector<core::ViewRow> task = view(kTaskView);
  if (task.empty()) {
    return std::nullopt;
  }
  core::TaskHistory history{.key = number_of(view(kTaskKey).at(0), 0),
                            .task = std::move(task.front())};
  history.videos = view(kVideoView);
  for (core::ViewRow& row : view(newest_snapshots_view(answers_max).c_str())) {
    core::SnapshotRecord record{.columns = std::move(row)};
    const std::int64_t snapshot = number_of(record.columns, 2);
    record.usage = usage(snapshot);
    record.answer = answer(snapshot);
    history.snapshots.push_back(std::move(record));
  }
  if (history.snapshots.size() == answers_max) {
    const auto all = static_cast<std::uint64_t>(number_of(view(kSnapshotCount).at(0), 0));
    history.earlier_answers = all - history.snapshots.size();
  }
  return history;
}

template <RowSource Rows>
void read_saved_videos(Rows& source, const std::function<void(core::SavedVideo&&)>& take) {
  auto rows = source.select(kSavedVideos, {});
  while (rows.step()) {
    take({.task = rows.integer(0),
          .index = static_cast<int>(rows.integer(1)),
          .account = std::string(rows.text(2)),
          .task_id = std::string(rows.text(3)),
          .path = std::string(rows.text(4)),
          .bytes = rows.integer(5),
          .sha256 = core::hex(rows.text(6))});
  }
}

template <RowSource Rows>
void read_pending(Rows& source, std::int64_t account, core::UtcTime stale_before,
                  const std::function<void(const std::string& task_id)>& take) {
  auto rows = source.select(kPendingIds, {account, stale_before.time_since_epoch().count()});
  while (rows.step()) {
    take(std::string(rows.text(0)));
  }
}

template <RowSource Rows>
void read_video_facts(
    Rows& source, const std::vector<core::SavedVideo>& videos,
    const std::function<void(const core::SavedVideo&, core::SavedVideoFacts&&)>& take) {
  auto facts = source.select(kVideoFacts, {0, 0});
  for (const core::SavedVideo& video : videos) {
    facts.restart({video.task, video.index});
    if (facts.step()) {
      take(video, {.model = std::string(facts.text(0)),
                   .status = std::string(facts.text(1)),
                   .finish_time = core::UtcTime(std::chrono::milliseconds(facts.integer(2))),
                   .labels = read_labels(facts.text(3)),
                   .checks = std::string(facts.text(4))});
    }
  }
}

/// Of rows of kRecordedFiles: indices of the videos whose files are not on disk.
template <typename Rows>
[[nodiscard]] std::vector<int> gone_of(Rows& saved, const core::OnDisk& on_disk) {
  std::vector<int> indices;
  while (saved.step()) {
    if (!on_disk(std::string(saved.text(1)), saved.integer(2))) {
      indices.push_back(static_cast<int>(saved.integer(0)));
    }
  }
  return indices;
}

/// Of a row of kListedTask.
template <typename Row>
[[nodiscard]] core::ListedTask listed_task(const Row& row) {
  core::ListedTask task;
  task.state = static_cast<core::TaskState>(row.integer(1));
  task.is_unsettled = row.integer(2) != 0;
  task.is_forgotten = row.integer(3) != 0;
  return task;
}

/// Of a row of kOfferedVideos.
template <typename Row>
[[nodiscard]] OfferedVideo offered_video(const Row& row) {
  OfferedVideo video;
  video.task = row.integer(0);
  video.index = static_cast<int>(row.integer(1));
  video.state = static_cast<core::VideoState>(row.integer(2));
  video.expires_at = row.time(3);
  if (!row.is_null(4)) {
    video.answer = {row.integer(4), row.integer(5), static_cast<int>(row.integer(6))};
  }
  video.task_id = std::string(row.text(7));
  return video;
}

}  // namespace storage
