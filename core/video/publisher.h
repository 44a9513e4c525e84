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

  /// `wake` is called on a worker whenever a result is ready.
  Publisher(int threads, std::function<void()> wake);
  /// Waits for the jobs that are running, drops those that are not.
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// There must be threads.
  void submit(Job job);
  /// What is finished. Rethrows what a worker threw (the ledger broke, no memory).
  [[nodiscard]] std::vector<Result> take();
  /// Forgets jobs and results; a job that is running ends by itself, and its result is dropped.
  void clear();

 private:
  void join();
  void work();

  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_:
  std::deque<Job> jobs_;
  std::vector<Result> results_;
  std::exception_ptr failure_;
  std::uint64_t generation_ = 0;  // results of an earlier one are dropped
  bool stopping_ = false;

  OwnerThread owner_;
  std::vector<std::thread> threads_;
};

}  // namespace core
