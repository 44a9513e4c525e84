// The interface between the engine and the ledger: the run's work, and its results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/domain/lifecycle.h"
#include "core/domain/task.h"

namespace core {

/// A task as the engine needs it: small, because many are in memory.
struct TaskRecord {
  TaskKey key = 0;
  int account = 0;  ///< index into the run's accounts
  TaskId id;
  TaskState state = TaskState::unfinished;
  UtcTime first_seen{};
  std::optional<UtcTime> submit_time;
  std::optional<UtcTime> last_query;
  NotFoundCounts not_found;
  /// Set if a final answer came too early to be sure of the quota (lifecycle::settles_at).
  std::optional<UtcTime> settles_at;
  /// Each query makes the gateway query the vendor (gateway.md G2), so queries are limited.
  bool live_fetch = false;
};

/// A video of this run that is to be downloaded.
struct WantedVideo {
  TaskKey task = 0;
  int account = 0;
  TaskId id;
  VideoLink link;
  int attempts = 0;  ///< number of earlier runs that tried
  /// When the current link was first refused, in an earlier run; none if it never was.
  std::optional<UtcTime> first_refusal;
  std::string path;  ///< absolute; the earlier recorded file, to be replaced; empty: none
  std::string model;
  std::string status;     ///< the status word of the final answer
  UtcTime finish_time{};  ///< the task's, else the time of its final answer
  Labels labels;
};

/// The change of a task by one answer. Each entry becomes one snapshot.
struct AnswerEntry {
  TaskKey task = 0;
  UtcTime observed_at{};
  int http_status = 0;
  std::string body;  ///< raw, byte-exact
  Answer answer;
  /// The state of the task after this answer, by lifecycle::fold.
  TaskState state = TaskState::unfinished;
  bool is_final = false;  ///< reports use this snapshot
  NotFoundCounts not_found;
  bool settled = false;   ///< this run does not query the task again
  bool is_first = false;  ///< the ledger has no other answer of the task; false if that is unknown
  /// For a final answer: when its quota will be settled (lifecycle::settles_at); none: it is.
  std::optional<UtcTime> settles_at;
};

/// This run does not query the task again, though no answer ended it (given up, cut, stale).
struct SettleEntry {
  TaskKey task = 0;
};

/// The result of one video in this run; after it the run does not try the video again.
struct VideoEntry {
  TaskKey task = 0;
  int index = 1;
  UtcTime observed_at{};
  VideoState state = VideoState::wanted;  ///< `wanted`: a later run tries again
  std::optional<SavedFile> file;          ///< with `done`
  std::string error;                      ///< empty with `done`; no secrets
  /// When the current link was first refused, in this run or before; none if it never was.
  std::optional<UtcTime> first_refusal;
};

/// One atomic change of the ledger.
using Entry = std::variant<AnswerEntry, SettleEntry, VideoEntry>;

/// An entry that could not be recorded although the ledger works. Instead, the certain part is
/// recorded: the raw answer without facts, if possible; that the run does not query the task again,
/// if the entry said so; that a video is still wanted.
struct Unrecorded {
  Entry entry;
  int account = 0;  ///< of the task, as TaskRecord::account
  std::string task_id;
  std::string why;
};

/// How the other runs of a crew affect this one.
struct CrewStanding {
  /// This run's part of the crew's rate, in queries per second; 0: none yet. None: the crew has no
  /// rate. The parts of all runs never add up to more than the crew's rate.
  std::optional<double> rate_share;
  /// How often the gateway has asked other runs of the crew to slow down.
  std::uint64_t slow_downs = 0;
  /// Other runs have open work that this run may get later: later pages may contain more tasks.
  bool may_get_more_tasks = false;
  /// No run has the rest of the tasks yet: a page that is not full is not the last one.
  bool has_free_tasks = false;
  /// The number of finished tasks whose videos this run took over; later pages contain these.
  std::uint64_t takeovers = 0;
};

/// The lists of a run that are imported while it works.
struct ImportStanding {
  TaskKey new_above = 0;      ///< the tasks that this import adds to the ledger have keys above it
  std::uint64_t batches = 0;  ///< imported so far
  bool has_ended = false;     ///< pages requested from now on contain all tasks of the run
};

/// The number of an entry: entry number N is durable once committed() >= N.
using Ticket = std::uint64_t;

/// The record of one run. All methods belong to the engine's thread, and only `flush`
/// and `named_tasks` wait for a disk or a network. What `committed` acknowledges survives kill -9
/// and a power failure. After a failed commit every method throws core::Error; after a failed read
/// those for pages do. The run then ends.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Requests a page of the tasks that this run still has to query, by ascending key, with keys
  /// above `after`, at most `limit` (fewer means that there are no more): unfinished ones, and
  /// finished ones whose quota is not settled (TaskRecord::settles_at). The page includes
  /// everything committed before this call, and perhaps later commits. One page at a time: take it
  /// before the next request.
  virtual void ask_for_tasks(TaskKey after, std::size_t limit) = 0;
  /// Returns the requested page, once; none if it is not there yet. The engine is woken when it
  /// arrives.
  [[nodiscard]] virtual std::optional<std::vector<TaskRecord>> take_tasks() = 0;
  /// Those of these tasks of one account that the run still has to query, in any order, as of
  /// everything committed before this call. Waits for them; no page of tasks may be requested.
  [[nodiscard]] virtual std::vector<TaskRecord> named_tasks(int account,
                                                            std::vector<TaskId> ids) = 0;

  /// Requests a page of videos that this run's tasks still lack and that the run has not settled,
  /// in order of expiry (unknown expiry last).
  virtual void ask_for_videos(std::size_t limit) = 0;
  [[nodiscard]] virtual std::optional<std::vector<WantedVideo>> take_videos() = 0;

  /// Whether `append` has room for this many more entries. `append` itself never blocks.
  [[nodiscard]] virtual bool has_room(std::size_t entries) const = 0;

  virtual Ticket append(Entry&& entry) = 0;

  /// The last durable entry; all earlier ones are durable, too.
  [[nodiscard]] virtual Ticket committed() const = 0;

  /// Returns when everything appended is durable, and every requested page can be taken.
  virtual void flush() = 0;

  /// The committed entries that could not be recorded, each returned once.
  [[nodiscard]] virtual std::vector<Unrecorded> take_unrecorded() = 0;

  /// None: the run works alone.
  [[nodiscard]] virtual std::optional<CrewStanding> crew_standing() const { return std::nullopt; }
  /// The gateway asked this run to slow down, so the whole crew must do so.
  virtual void tell_slow_down() {}

  /// None: the lists were imported before. The engine is woken by each batch and by the end.
  [[nodiscard]] virtual std::optional<ImportStanding> import_standing() const {
    return std::nullopt;
  }
  /// Returns when the import has ended.
  virtual void await_import() {}
};

}  // namespace core
