// What the ledger knows, read for people: totals, and the history of a task.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing.h"
#include "core/clock.h"
#include "core/domain/task.h"
#include "storage/answers/import_batch.h"

namespace storage {

struct LedgerTotals {
  std::uint64_t tasks = 0;
  std::uint64_t unfinished = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t missing = 0;
  std::uint64_t stale = 0;
  std::uint64_t forgotten = 0;  ///< counted nowhere else
  std::uint64_t videos_wanted = 0;
  std::uint64_t videos_done = 0;
  std::uint64_t videos_failed = 0;
  std::uint64_t videos_expired = 0;
  std::uint64_t runs = 0;                          ///< begun ever
  std::uint64_t answers = 0;                       ///< recorded ever
  std::int64_t video_bytes = 0;                    ///< of all videos ever fetched
  std::optional<core::UtcTime> oldest_unfinished;  ///< by submit time, else first seen
  std::optional<core::UtcTime> soonest_expiry;     ///< of a wanted video
};

/// A row of one of the stable views: column names and values as text; no value: null.
using ViewRow = std::vector<std::pair<std::string, std::optional<std::string>>>;

struct SnapshotRecord {
  ViewRow columns;                    ///< v_snapshot
  std::vector<ViewRow> usage;         ///< v_usage: name and value
  std::optional<std::string> answer;  ///< byte-exact; none once pruned
};

struct TaskHistory {
  ViewRow task;  ///< v_task
  std::vector<SnapshotRecord> snapshots;
  std::vector<ViewRow> videos;  ///< v_video
};

/// What a line of a report rests on.
struct LineAnswer {
  ViewRow columns;                    ///< v_snapshot
  std::optional<std::string> answer;  ///< byte-exact; none once pruned
};

/// Reads a ledger at any time, also while a run writes. One thread.
class History {
 public:
  /// Throws LedgerUnreadable when there is no ledger that this version can read.
  explicit History(const std::string& path);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  [[nodiscard]] LedgerTotals totals(core::UtcTime now);
  /// None when the account has no such task.
  [[nodiscard]] std::optional<TaskHistory> task(const std::string& account, const core::TaskId& id);
  /// The answer behind a line of a report; none when there is no such snapshot.
  [[nodiscard]] std::optional<LineAnswer> answer_of(const core::LineOrigin& line);
  /// Whether `run` would ask about a task: it is not finished, or a recorded video is not on disk.
  [[nodiscard]] bool would_ask(const std::string& account, const std::string& task_id,
                               const OnDisk& on_disk);
  /// The tasks that `run --pending` asks about: unfinished ones that are not older than
  /// `stale_before`, and those whose video's link was pruned.
  void each_pending(const std::string& account, core::UtcTime stale_before,
                    const std::function<void(const std::string& task_id)>& take);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

/// Version of the SQLite library, for --version and `doctor`.
[[nodiscard]] std::string sqlite_version_text();

}  // namespace storage
