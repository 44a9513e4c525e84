// The seam between the engine and its record: what the run wants, and what became of it.
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

/// A task as the engine needs it: small, for a bounded window of them.
struct TaskRecord {
  TaskKey key = 0;
  int account = 0;  ///< index into the run's accounts
  TaskId id;
  TaskState state = TaskState::unfinished;
  UtcTime first_seen{};
  std::optional<UtcTime> submit_time;
  std::optional<UtcTime> last_query;
  NotFoundCounts not_found;
  /// A final answer came too early to be the last word on the quota (lifecycle::settles_at); none:
  /// it was not.
  std::optional<UtcTime> settles_at;
  /// Each query makes the gateway ask the vendor (gateway.md G2), so there are few.
  bool live_fetch = false;
};

/// A video of this run that is to be fetched.
struct WantedVideo {
  TaskKey task = 0;
  int account = 0;
  TaskId id;
  VideoLink link;
  int attempts = 0;  ///< runs that tried before
  /// When an earlier run was first refused this video under its present link; none: it never was.
  std::optional<UtcTime> first_refusal;
  std::string path;  ///< absolute; the file recorded earlier, to be replaced; empty: none
  std::string model;
  std::string status;     ///< the status word of the final answer
  UtcTime finish_time{};  ///< the task's, else when its final answer came
  Labels labels;
};

/// How one answer changes its task. One of these is one snapshot.
struct AnswerEntry {
  TaskKey task = 0;
  UtcTime observed_at{};
  int http_status = 0;
  std::string body;  ///< raw, byte-exact
  Answer answer;
  /// The task after this answer (lifecycle::fold decides it).
  TaskState state = TaskState::unfinished;
  bool is_final = false;  ///< this snapshot is the one that counts for reports
  NotFoundCounts not_found;
  bool settled = false;  ///< this run asks the task no more
  /// Of a final answer: when its quota is the last word (lifecycle::settles_at); none: it is.
  std::optional<UtcTime> settles_at;
};

/// The task is asked no more in this run, though no answer says so (given up, cut, stale).
struct SettleEntry {
  TaskKey task = 0;
};

/// What became of one video in this run; after it the run tries the video no more.
struct VideoEntry {
  TaskKey task = 0;
  int index = 1;
  UtcTime observed_at{};
  VideoState state = VideoState::wanted;  ///< `wanted`: a later run tries again
  std::optional<SavedFile> file;          ///< with `done`
  std::string error;                      ///< empty with `done`; no secrets
  /// When the present link was first refused, in this run or before; none: it never was.
  std::optional<UtcTime> first_refusal;
};

/// One atomic change of the ledger.
using Entry = std::variant<AnswerEntry, SettleEntry, VideoEntry>;

/// An entry that could not be recorded, through no fault of the ledger. In its place stands what is
/// certain: the raw answer without facts, if that can be; that the run asks the task no more, if
/// the entry said so; that a video is still wanted.
struct Unrecorded {
  Entry entry;
  int account = 0;  ///< of the task, as TaskRecord::account
  std::string task_id;
  std::string why;
};

/// What the other runs of a crew mean for the rate of this one.
struct CrewPace {
  /// This run's part of the crew's rate in queries a second, 0: none yet. None: the crew has no
  /// rate. The parts of all runs never add up to more than the crew's rate.
  std::optional<double> rate_share;
  /// How often the gateway asked other runs of the crew to slow down, ever.
  std::uint64_t slow_downs = 0;
};

/// Counts the entries appended so far: entry number N is durable once committed() >= N.
using Ticket = std::uint64_t;

/// The record of one run. All methods belong to the engine's thread, and none but `flush` waits for
/// a disk or a network. What is acknowledged by `committed` survives kill -9 and a power cut. After
/// a failed commit every method throws core::Error, after a failed read those of pages: the run
/// ends.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Asks for a page of the tasks that this run still asks about, by ascending key, those above
  /// `after`, `limit` at most (fewer: there are no more): the unfinished ones, and finished ones
  /// whose quota is not settled (TaskRecord::settles_at). What is committed by now is seen; what is
  /// committed until the page is read may be. One page at a time: take it before the next is asked
  /// for.
  virtual void ask_for_tasks(TaskKey after, std::size_t limit) = 0;
  /// The page that was asked for, once; none: it has not come yet. The engine is woken when it
  /// comes.
  [[nodiscard]] virtual std::optional<std::vector<TaskRecord>> take_tasks() = 0;

  /// The same of videos that this run's tasks still lack and that it has not settled yet, the
  /// soonest expiry first (unknown expiry last).
  virtual void ask_for_videos(std::size_t limit) = 0;
  [[nodiscard]] virtual std::optional<std::vector<WantedVideo>> take_videos() = 0;

  /// Whether `append` has room for `entries` more. `append` itself never blocks.
  [[nodiscard]] virtual bool has_room(std::size_t entries) const = 0;

  virtual Ticket append(Entry entry) = 0;

  /// The last entry that is durable, and with it all before.
  [[nodiscard]] virtual Ticket committed() const = 0;

  /// Returns when everything appended is durable, and every page asked for can be taken.
  virtual void flush() = 0;

  /// The committed entries that could not be recorded, each told once.
  [[nodiscard]] virtual std::vector<Unrecorded> take_unrecorded() = 0;

  /// None: the run works alone.
  [[nodiscard]] virtual std::optional<CrewPace> crew_pace() const { return std::nullopt; }
  /// The gateway asked this run to slow down, so the crew has to.
  virtual void tell_slow_down() {}
};

}  // namespace core
