// The state of an in-memory ledger, by the rules of core/domain: all fakes share it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/domain/lifecycle.h"
#include "core/domain/video_lifecycle.h"
#include "core/ledger/ledger.h"
#include "core/ledger/work_list.h"

namespace support {

/// A value: a copy is one state of the ledger. Tasks, accounts and runs are numbered from 1, in
/// order.
struct MemoryLedger {
  struct Run {
    core::RunStart start;
    core::UtcTime started_at{};
    std::optional<int> exit_code;  ///< none: it did not end
    core::UtcTime finished_at{};   ///< if it did
    std::string summary;           ///< if it did: JSON
  };
  struct Snapshot {
    std::int64_t number = 0;
    core::TaskKey task = 0;
    std::int64_t run = 0;
    core::UtcTime observed_at{};
    int http_status = 0;
    std::string body;
    bool is_pruned = false;
    std::string sha256;
    core::Answer answer;
    bool is_final = false;
  };
  struct Video {
    core::VideoLink link;
    core::VideoStanding standing;
    std::size_t offered_by = 0;  ///< index of the snapshot that brought the link
    int attempts = 0;
    std::optional<core::SavedFile> file;  ///< kept even if it is missing on disk
    std::string error;
  };
  struct Task {
    std::string account;
    core::TaskId id;
    core::UtcTime first_seen{};
    std::string input_model{};  ///< from lists
    core::Labels labels{};
    core::TaskFacts facts{};
    core::TaskStanding standing{};
    std::optional<core::UtcTime> last_query{};
    int queries = 0;
    std::optional<core::UtcTime> settles_at{};
    bool live_fetch = false;
    bool is_forgotten = false;
    std::optional<std::size_t> status_answer{};  ///< index of the snapshot
    std::optional<std::size_t> final_answer{};   ///< the same
    std::map<int, Video> videos{};
  };
  struct Line {
    core::OwnedLine line;
    std::int64_t period = 0;
    std::int64_t task = 0;
  };
  struct WrittenOff {
    std::int64_t period = 0;
    std::int64_t task = 0;
  };

  std::vector<std::string> accounts;
  std::map<core::TaskKey, Task> tasks;
  std::vector<Snapshot> snapshots;  ///< in the order in which they became visible
  /// In back ends with several writers, snapshots may become visible in another order than their
  /// numbers were assigned.
  std::int64_t next_snapshot = 1;
  std::vector<Run> runs;
  std::int64_t run = 0;                ///< the current run
  std::map<core::TaskKey, bool> work;  ///< its list; true: the run does not query the task again
  std::vector<Line> lines;
  std::vector<core::ClosedPeriod> closed;  ///< by begin
  std::vector<WrittenOff> written_off;
  std::multimap<std::int64_t, core::LaterBook> later_books;  ///< by the key of the closed period

  /// The task's key, or 0.
  [[nodiscard]] core::TaskKey find(const std::string& account, const std::string& id) const;
  core::TaskKey add(Task task);
  void add_account(const std::string& name);

  void apply(const core::AnswerEntry& entry);
  void apply(const core::SettleEntry& entry);
  void apply(const core::VideoEntry& entry);

  /// Takes a task back unless it has a final answer or a video.
  void forget(const std::string& account, const std::string& id);
  /// Deletes the raw answers of finished tasks without wanted videos; unless `all`, not those of
  /// tasks that have lines in a closed period without a bundle.
  void prune(bool all);

  /// From lists, unless an answer has one.
  [[nodiscard]] static const std::string& model(const Task& task);
  /// The task's finish time, else the time of the answer with the video's link.
  [[nodiscard]] core::UtcTime finish_time(const Task& task, const Video& video) const;
  [[nodiscard]] static bool is_open(const Task& task);
  [[nodiscard]] static bool is_stale(const Task& task, core::UtcTime before);
  /// The indices of saved videos whose files are missing; none if `on_disk` is empty.
  [[nodiscard]] static std::vector<int> gone_files(const Task& task, const core::OnDisk& on_disk);
  /// Whether a run with a list that names the task queries it.
  [[nodiscard]] static bool asks(const Task& task, bool refresh, bool lacks_a_file);
  /// The account's pending tasks; true: only their videos are wanted.
  [[nodiscard]] std::map<core::TaskKey, bool> pending(const std::string& account,
                                                      core::UtcTime stale_before) const;
  [[nodiscard]] std::chrono::milliseconds stale_after() const;  ///< of the last run

 private:
  void move_facts(Task& task, const core::AnswerEntry& entry);
  void offer(Task& task, const core::VideoLink& link);
};

}  // namespace support
