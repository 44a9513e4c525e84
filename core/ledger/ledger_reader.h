// The interface for reading the ledger, also while a run writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"
#include "core/ledger/work_list.h"

namespace core {

struct LedgerTotals {
  std::uint64_t tasks = 0;
  std::uint64_t unfinished = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t missing = 0;
  std::uint64_t stale = 0;
  std::uint64_t forgotten = 0;  ///< not part of any other count
  std::uint64_t videos_wanted = 0;
  std::uint64_t videos_done = 0;
  std::uint64_t videos_failed = 0;
  std::uint64_t videos_expired = 0;
  std::uint64_t runs = 0;                    ///< all that ever began
  std::uint64_t answers = 0;                 ///< all that were ever recorded
  std::int64_t video_bytes = 0;              ///< of all videos ever downloaded
  std::optional<UtcTime> oldest_unfinished;  ///< by submit time, else by the time it was first seen
  std::optional<UtcTime> soonest_expiry;     ///< of a wanted video
};

/// The tasks of one account and model, without those that were taken back.
struct TaskGroup {
  std::string account;
  std::string model;  ///< empty: not known
  std::uint64_t tasks = 0;
  std::uint64_t unfinished = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t missing = 0;
  std::uint64_t videos_done = 0;
  std::int64_t bytes = 0;  ///< of its videos that are on disk
};

/// What the next `run --pending` of an account would do.
struct PendingWork {
  std::string account;
  std::uint64_t tasks = 0;   ///< to be queried
  std::uint64_t videos = 0;  ///< to be downloaded
};

/// The whole ledger at one moment.
struct LedgerOverview {
  LedgerTotals totals;
  std::vector<TaskGroup> groups;     ///< by account, then by model
  std::vector<PendingWork> pending;  ///< of each account that has any, by account
};

/// A row of one of the stable views: column names and values as text; no value: null.
using ViewRow = std::vector<std::pair<std::string, std::optional<std::string>>>;

struct SnapshotRecord {
  ViewRow columns;                    ///< v_snapshot
  std::vector<ViewRow> usage;         ///< v_usage: name and value
  std::optional<std::string> answer;  ///< byte-exact; none once pruned
};

struct TaskHistory {
  TaskKey key = 0;
  ViewRow task;  ///< v_task
  std::vector<SnapshotRecord> snapshots;
  std::uint64_t earlier_answers = 0;  ///< before those of `snapshots`
  std::vector<ViewRow> videos;        ///< v_video
};

/// An answer in the ledger, perhaps already pruned.
struct RawAnswer {
  ViewRow columns;                    ///< v_snapshot
  std::optional<std::string> answer;  ///< byte-exact; none once pruned
};

/// A video that is on disk according to the ledger.
struct SavedVideo {
  TaskKey task = 0;
  int index = 1;
  std::string account;
  std::string task_id;
  std::string path;  ///< absolute
  std::int64_t bytes = 0;
  std::string sha256;  ///< 64 lower-case hex digits
};

/// Further recorded facts of a video.
struct SavedVideoFacts {
  std::string model;
  std::string status;     ///< the status word of the final answer
  UtcTime finish_time{};  ///< the task's, else the time of its final answer
  Labels labels;
  std::string checks;
};

/// How many videos the next `run --pending` will try again.
struct Requeued {
  std::size_t missing = 0;   ///< whose files were on disk
  std::size_t given_up = 0;  ///< of those that were `failed` or `expired`
};

/// A run that shares its work with others.
struct CrewRun {
  enum class State {
    alive,
    silent,  ///< its lease is over; another run will declare it lost
    lost,    ///< it was declared lost, and its work went to others
    ended,
  };
  std::int64_t run = 0;
  std::string host;
  State state = State::alive;
  UtcTime started_at{};
  UtcTime alive_until{};  ///< the end of its lease, by the server's clock
  std::optional<UtcTime> finished_at;
  std::optional<int> exit_code;            ///< once it has ended
  std::optional<std::int64_t> rate_share;  ///< queries per second; none: no rate, or not at work
  std::uint64_t answers = 0;               ///< that it has recorded
  std::uint64_t open_tasks = 0;            ///< that it has claimed and still has to query
  std::uint64_t open_videos = 0;           ///< of its tasks, that it still has to download
};

/// Reads a ledger at any time. One thread. Every method throws core::Error if the ledger fails.
class LedgerReader {
 public:
  virtual ~LedgerReader() = default;

  [[nodiscard]] virtual LedgerTotals totals(UtcTime now) = 0;
  [[nodiscard]] virtual LedgerOverview overview(UtcTime now) = 0;
  /// The runs of the crew of this name that work, or else worked last, together; by number. Only
  /// ledgers on a server have crews.
  [[nodiscard]] virtual std::vector<CrewRun> crew(const std::string& /*name*/) { return {}; }
  /// None if the account has no such task.
  [[nodiscard]] std::optional<TaskHistory> task(const std::string& account, const TaskId& id) {
    return task_of_late(account, id, std::numeric_limits<std::int32_t>::max());
  }
  /// The same with the newest answers alone, at most so many.
  [[nodiscard]] virtual std::optional<TaskHistory> task_of_late(const std::string& account,
                                                                const TaskId& id,
                                                                std::size_t answers_max) = 0;
  /// The answer of a snapshot, if its SHA-256 begins with the given lower-case hex digits, as in
  /// the ID of a report line; else none.
  [[nodiscard]] virtual std::optional<RawAnswer> answer_of(std::int64_t snapshot,
                                                           const std::string& sha256_begin) = 0;

  /// Rows of v_run in the order of their numbers: those of the last `count` runs.
  [[nodiscard]] virtual std::vector<ViewRow> last_runs(std::size_t count) = 0;
  /// The row of v_run of one run; none if there was no such run.
  [[nodiscard]] virtual std::optional<ViewRow> run(std::int64_t number) = 0;

  /// Whether a run with a list that names the task would query it.
  [[nodiscard]] virtual bool would_ask(const std::string& account, const std::string& task_id,
                                       const ImportRules& rules) = 0;
  /// The tasks that a run queries as pending (WorkList::add_pending), in the ledger's order.
  virtual void each_pending(const std::string& account, UtcTime stale_before,
                            const std::function<void(const std::string& task_id)>& take) = 0;

  /// All videos that are recorded as on disk, by path.
  virtual void each_saved_video(const std::function<void(SavedVideo&&)>& take) = 0;
  /// The facts of those of the videos that the ledger still has.
  virtual void describe(const std::vector<SavedVideo>& videos,
                        const std::function<void(const SavedVideo&, SavedVideoFacts&&)>& take) = 0;
  /// Makes the next `run --pending` download these missing videos again, and try again those that
  /// runs have given up. Videos whose link itself states that it has expired by `now` stay as they
  /// are, except `failed` ones. The caller must be the ledger's only writer.
  [[nodiscard]] virtual Requeued want_again(const std::vector<SavedVideo>& missing,
                                            UtcTime now) = 0;
};

}  // namespace core
