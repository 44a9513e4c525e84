// Pages of a run's work on PostgreSQL, and what it takes of its crew's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "storage/answers/page_source.h"
#include "storage/answers/recent_links.h"
#include "storage/answers/stored_link.h"
#include "storage/postgres/run_fence.h"
#include "storage/postgres/server_blocks.h"

namespace storage {

/// Over a connection of its own. One thread at a time but where it says so.
class ServerPages final : public PageSource {
 public:
  /// `accounts`: rows, by the run's own index. `fence` and `links` must outlive this.
  ServerPages(const LedgerUrl& url, RunFence& fence, std::vector<std::int64_t> accounts,
              RecentLinks& links);

  /// Of a crew: first the tasks that this run holds already, then those that it takes, in any
  /// order. Waits while there are none but other runs hold some, which they may leave.
  [[nodiscard]] std::vector<core::TaskRecord> tasks(core::TaskKey after,
                                                    std::size_t limit) override;
  [[nodiscard]] std::vector<core::WantedVideo> videos(std::size_t limit) override;
  void hurry(bool now) override;

  [[nodiscard]] bool expects_more() const override { return expects_more_; }

 private:
  [[nodiscard]] bool in_crew() const { return !fence_.terms().crew.empty(); }
  [[nodiscard]] std::vector<core::TaskRecord> own(core::TaskKey after, std::size_t limit);
  [[nodiscard]] std::vector<core::TaskRecord> claim(std::size_t limit);
  [[nodiscard]] bool others_hold_work();
  [[nodiscard]] std::vector<core::TaskRecord> read_tasks(const std::string& condition,
                                                         const Parameters& parameters);
  [[nodiscard]] core::TaskRecord task_of(const Rows& row) const;
  [[nodiscard]] core::WantedVideo video_of(const Rows& row) const;
  [[nodiscard]] core::TaskId id_of(std::string_view text) const;
  [[nodiscard]] int account_index(std::int64_t row) const;
  [[nodiscard]] core::VideoLink link_of(const core::WantedVideo& video, const Rows& row);

  Connection connection_;
  RunFence& fence_;
  std::vector<std::int64_t> accounts_;
  RecentLinks& links_;
  ServerBlocks answers_{connection_};
  core::TaskKey position_ = 0;  // of the tasks that this run holds; those up to it were given out
  bool gives_own_ = true;
  bool gave_any_ = false;
  std::atomic<bool> expects_more_{false};

  std::mutex mutex_;
  std::condition_variable hurried_;
  bool hurry_ = false;  // under mutex_
};

}  // namespace storage
