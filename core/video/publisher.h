// Threads that publish complete videos, so that the loop never waits for a disk or a bucket.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "core/owner_thread.h"
#include "core/video/video_store.h"

namespace core {

/// `submit`, `take` and `clear` belong to the transport's thread.
class Publisher {
 public:
  struct Job {
    std::uint64_t token = 0;
    std::unique_ptr<VideoSink> sink;
    PromisedContent promised;
  };

  struct Result {
    std::uint64_t token = 0;
    std::variant<SavedFile, FetchFailure> outcome;
  };

  /// A worker calls `wake` whenever a result is ready.
  Publisher(int threads, std::function<void()> wake);
  /// Waits for running jobs, drops the others.
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// Requires at least one thread.
  void submit(Job job);
  /// The finished results. Rethrows the exception of a worker (the ledger failed, no memory).
  [[nodiscard]] std::vector<Result> take();
  /// Forgets jobs and results; a running job completes, and its result is dropped.
  void clear();

 private:
  void join();
  void work();

  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::deque<Job> jobs_;
  std::vector<Result> results_;
  std::exception_ptr failure_;
  std::uint64_t generation_ = 0;  // results of an earlier generation are dropped
  bool stopping_ = false;

  OwnerThread owner_;
  std::vector<std::thread> threads_;
};

}  // namespace core
