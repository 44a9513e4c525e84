// What a run is asked to do, what it counts, and what it tells while it goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/domain/task.h"
#include "core/engine/retry.h"

namespace core {

/// The engine's settings (design.md, section 1).
struct RunPlan {
  std::int64_t run = 0;  ///< the ledger's number of this run
  int concurrency = 32;
  int download_concurrency = 8;
  int rate = 0;  ///< queries a second; 0: unlimited
  RetryPolicy retry;
  bool wait = false;
  std::chrono::milliseconds poll_interval{15'000};
  std::optional<std::chrono::milliseconds> deadline;  ///< from the engine's start
  std::chrono::milliseconds stale_after{36 * 3'600'000};
  bool download = true;
  std::uint64_t seed = 0;      ///< of the jitter
  bool tell_requests = false;  ///< a notice for each query; costs time
  /// Why no further download may start now (too little free space); none: it may.
  std::function<std::optional<std::string>()> download_hindrance;
};

/// What a run counts while it goes on.
struct RunTally {
  std::uint64_t queried = 0;       ///< tasks asked at least once
  std::uint64_t succeeded = 0;     ///< tasks heard of as that, each once
  std::uint64_t failed = 0;        ///< tasks heard of as that, each once
  std::uint64_t unfinished = 0;    ///< tasks heard of as that, and not otherwise since
  std::uint64_t missing = 0;       ///< tasks whose last "not found" needed was heard
  std::uint64_t videos_found = 0;  ///< of tasks that were not known to be done
  std::uint64_t requests = 0;      ///< queries sent, retries included
  std::uint64_t retries = 0;       ///< of queries and downloads
  std::uint64_t unrecognised = 0;  ///< tasks with an answer of unknown shape or status
  std::uint64_t not_answered = 0;  ///< tasks given up in this run
  std::uint64_t unasked = 0;       ///< tasks cut by the deadline or never come to
  std::uint64_t videos_downloaded = 0;
  std::uint64_t videos_failed = 0;  ///< not fetched in this run; a later one may
  std::uint64_t videos_expired = 0;
  std::int64_t video_bytes = 0;  ///< of the downloaded videos
  std::map<std::string, std::uint64_t> errors;
};

/// Something about one task that a person may want to read.
struct Notice {
  enum class Kind {
    request,         ///< what came of one query; only with RunPlan::tell_requests
    retry,           ///< worth a line only when asked for
    slowed,          ///< the whole run slows down, or a task is asked later for its own good
    unrecognised,    ///< an answer of unknown shape or status
    looks_finished,  ///< the same, but a link or a time of the end stands in it
    flagged,         ///< an answer that names another task, or counts videos without a link
    not_answered,    ///< the run gave the task up
    video_done,      ///< a video is on disk and recorded
    video_failed,    ///< a video was not fetched in this run
    video_expired,   ///< a link is dead for good
    stopped,         ///< downloads, or the whole run, go on no more
  };
  Kind kind;
  std::string task_id;  ///< empty: the run as a whole
  int video = 0;        ///< 0: the task itself
  std::string text;     ///< harmless to print; no secrets
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
  outage,          ///< the gateway gave no good answer for too long
};

struct RunResult {
  RunEnd end = RunEnd::completed;
  std::string reason;               ///< for people, of every end but `completed` and `interrupted`
  std::string disk_failure;         ///< the output folder failed: exit 1; empty: it did not
  bool downloads_hindered = false;  ///< too little free space: exit 3
};

}  // namespace core
