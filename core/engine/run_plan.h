// The settings, counters and notices of a run.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/domain/task.h"
#include "core/engine/retry.h"

namespace core {

/// The engine's settings (design.md, section 1). The defaults are in the option table.
struct RunPlan {
  /// Of a page of tasks; the window of the run has room for it.
  static constexpr std::size_t kTaskPageMax = 1024;

  std::int64_t run = 0;          ///< the number of this run in the ledger
  int concurrency = 0;           ///< at least 1
  int download_concurrency = 0;  ///< at least 1
  int rate = 0;                  ///< queries per second; 0: unlimited
  RetryPolicy retry;
  bool wait = false;
  std::chrono::milliseconds poll_interval{};
  std::optional<std::chrono::milliseconds> deadline;  ///< from the engine's start
  std::chrono::milliseconds stale_after{};
  bool download = false;
  bool claims_tasks = false;             ///< a task of this run is no other run's, as in a crew
  std::size_t task_page = kTaskPageMax;  ///< number of tasks read from the ledger at once
  std::uint64_t seed = 0;                ///< of the jitter
  bool tell_requests = false;            ///< a notice for each query; takes time
  /// Returns why no further download may start now (too little free space); none if it may.
  std::function<std::optional<std::string>()> download_hindrance;
};

/// The counters of a run.
struct RunTally {
  std::uint64_t queried = 0;       ///< tasks queried at least once
  std::uint64_t succeeded = 0;     ///< tasks whose last answer was success
  std::uint64_t failed = 0;        ///< tasks whose last answer was failure
  std::uint64_t unfinished = 0;    ///< tasks whose last answer was "unfinished"
  std::uint64_t missing = 0;       ///< tasks that became missing
  std::uint64_t videos_found = 0;  ///< of tasks that were not finished before
  std::uint64_t requests = 0;      ///< queries sent, including retries
  std::uint64_t listed = 0;        ///< of the queried tasks, answered by the gateway's list
  std::uint64_t retries = 0;       ///< of queries and downloads
  std::uint64_t unrecognised = 0;  ///< tasks with an answer of unknown shape or status
  std::uint64_t not_answered = 0;  ///< tasks given up in this run
  std::uint64_t unasked = 0;       ///< tasks not queried: cut by the deadline, or never reached
  std::uint64_t videos_downloaded = 0;
  std::uint64_t videos_failed = 0;  ///< not downloaded in this run; a later one may succeed
  std::uint64_t videos_expired = 0;
  std::int64_t video_bytes = 0;  ///< of the downloaded videos
  std::map<std::string, std::uint64_t> errors;
};

/// An event that a user may want to read about.
struct Notice {
  enum class Kind {
    request,         ///< the result of one query; only with RunPlan::tell_requests
    retry,           ///< printed only with --verbose
    slowed,          ///< the whole run slows down, or a task is queried later on purpose
    unrecognised,    ///< an answer of unknown shape or status
    looks_finished,  ///< the same, with a link or a finish time
    flagged,         ///< an answer that names another task, or counts videos without a link
    not_answered,    ///< the run gave the task up
    video_done,      ///< a video is on disk and recorded
    video_failed,    ///< a video was not downloaded in this run
    video_expired,   ///< a link has expired for good
    stopped,         ///< downloads, or the whole run, stop
  };
  Kind kind;
  std::string task_id;  ///< empty: about the run as a whole
  int video = 0;        ///< 0: the task itself
  std::string text;     ///< printable; no secrets
  int account = 0;      ///< of the task, as in TaskRecord
};
using Notify = std::function<void(const Notice&)>;

/// How a run ended.
enum class RunEnd {
  completed,       ///< everything that could be done was
  deadline,        ///< `--deadline` passed
  interrupted,     ///< a signal
  key_rejected,    ///< exit 12
  wrong_base_url,  ///< exit 2
  outage,          ///< no usable answer for too long
};

struct RunResult {
  RunEnd end = RunEnd::completed;
  std::string reason;               ///< for users; empty for `completed` and `interrupted`
  std::string disk_failure;         ///< the output folder failed: exit 1; empty: it works
  bool downloads_hindered = false;  ///< too little free space: exit 3
};

}  // namespace core
