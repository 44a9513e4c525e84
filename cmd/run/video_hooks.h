// Actions after a video is on disk and recorded: write its sidecar, run the user's program.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cmd/cli/environment.h"
#include "cmd/os/log.h"
#include "cmd/run/sidecar.h"
#include "core/domain/task.h"
#include "core/files/descriptor.h"
#include "core/ledger/ledger.h"
#include "core/video/video_store.h"

namespace cmd {

struct VideoHookSettings {
  bool sidecar = false;
  std::shared_ptr<core::VideoStore> videos;  ///< null: no downloads and no sidecars
  std::string program;                       ///< its path, already looked up; empty: none
  Environment environment;                   ///< for the program: holds no key
};

/// Works on its own threads. A failure is logged and counted; the video stays. A video given to
/// `published` waits until the ledger has recorded it.
class VideoHooks {
 public:
  /// The most programs at once, and the longest time for each.
  static constexpr std::size_t kAtOnce = 4;
  static constexpr std::chrono::minutes kTimeout{10};

  VideoHooks(VideoHookSettings settings, Log& log);
  /// As `finish(true)`.
  ~VideoHooks();
  VideoHooks(const VideoHooks&) = delete;
  VideoHooks& operator=(const VideoHooks&) = delete;

  /// False if there are no hooks: the calls below then do nothing.
  [[nodiscard]] bool wanted() const { return !threads_.empty(); }
  /// The engine's thread.
  void published(const core::WantedVideo& video, const std::string& account,
                 const core::SavedFile& file, core::Ticket ticket);
  /// Everything up to `ticket` is recorded.
  void committed(core::Ticket ticket);
  /// Returns when all work is done. `hurry`: drops hooks that have not started and ends those that
  /// run.
  void finish(bool hurry);
  /// Ends running hooks while another thread is in `finish`. Any thread.
  void hurry();
  /// Hooks that failed or were dropped. After `finish`.
  [[nodiscard]] std::uint64_t failures() const { return failures_; }

 private:
  struct Job {
    core::Ticket ticket = 0;
    RecordedVideo video;
  };

  void work();
  void do_job(const Job& job);
  [[nodiscard]] std::string run_program(const Job& job) const;
  void fail(const std::string& message);

  VideoHookSettings settings_;
  Log& log_;
  core::Descriptor stop_;    // an eventfd: readable once everything must end
  std::deque<Job> waiting_;  // for their commit; only the engine's thread

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> ready_;
  bool no_more_ = false;
  std::atomic<bool> hurry_{false};
  std::uint64_t failures_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace cmd
