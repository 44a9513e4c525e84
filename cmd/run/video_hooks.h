// What happens after a video is on disk and recorded: a sidecar beside it, a program of the user's.
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
  std::shared_ptr<core::VideoStore> videos;  ///< null: no video is fetched, nor a sidecar written
  std::string program;                       ///< found already; empty: none
  Environment environment;                   ///< for the program: holds no key
};

/// Threads of its own; a failure is told and counted, and never touches the video. What `published`
/// brings waits until the ledger has it.
class VideoHooks {
 public:
  /// Programs that run at once, and how long each may.
  static constexpr std::size_t kAtOnce = 4;
  static constexpr std::chrono::minutes kTimeout{10};

  VideoHooks(VideoHookSettings settings, Log& log);
  /// As `finish(true)`.
  ~VideoHooks();
  VideoHooks(const VideoHooks&) = delete;
  VideoHooks& operator=(const VideoHooks&) = delete;

  /// False: nothing was asked for, and the calls below do nothing.
  [[nodiscard]] bool wanted() const { return !threads_.empty(); }
  /// The engine's thread.
  void published(const core::WantedVideo& video, const std::string& account,
                 const core::SavedFile& file, core::Ticket ticket);
  /// Everything up to `ticket` is recorded.
  void committed(core::Ticket ticket);
  /// Returns when all is done. `hurry`: what has not begun is dropped, what runs is ended.
  void finish(bool hurry);
  /// Ends what runs while another thread is in `finish`. Any thread.
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
  std::deque<Job> waiting_;  // for their commit; the engine's thread alone

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> ready_;
  bool no_more_ = false;
  std::atomic<bool> hurry_{false};
  std::uint64_t failures_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace cmd
