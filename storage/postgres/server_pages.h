// Pages of a run's work on PostgreSQL, and what it takes of its crew's.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/answers/page_source.h"
#include "storage/answers/recent_links.h"
#include "storage/answers/stored_link.h"
#include "storage/postgres/run_fence.h"
#include "storage/postgres/server_blocks.h"

namespace storage {

/// Over a connection of its own, made at first use. One thread at a time but where it says so.
class ServerPages final : public PageSource {
 public:
  /// `accounts`: rows, by the run's own index. `fence` and `links` must outlive this.
  ServerPages(const LedgerUrl& url, RunFence& fence, std::vector<std::int64_t> accounts,
              RecentLinks& links);

  /// In a crew this first takes its part of the free tasks, at most as many as the page lacks, and
  /// free videos. A run without a share of the crew's rate takes none: they would wait for it.
  [[nodiscard]] std::vector<core::TaskRecord> tasks(core::TaskKey after,
                                                    std::size_t limit) override;
  [[nodiscard]] std::vector<core::TaskRecord> named_tasks(
      int account, const std::vector<core::TaskId>& ids) override;
  [[nodiscard]] std::vector<core::WantedVideo> videos(std::size_t limit) override;
  [[nodiscard]] std::optional<core::CrewStanding> crew_standing() const override;

 private:
  [[nodiscard]] bool in_crew() const { return !fence_.terms().crew.empty(); }
  [[nodiscard]] std::vector<core::TaskRecord> own(core::TaskKey after, std::size_t limit);
  struct Free {
    bool may_claim = false;
    std::int64_t members = 1;
    std::int64_t tasks = 0;
  };
  void claim(core::TaskKey after, std::int64_t page);
  [[nodiscard]] Free look(std::int64_t page);
  [[nodiscard]] bool is_any_free();
  [[nodiscard]] bool is_any_left();
  [[nodiscard]] core::TaskRecord task_of(const Rows& row) const;
  [[nodiscard]] core::WantedVideo video_of(const Rows& row) const;
  [[nodiscard]] core::TaskId id_of(std::string_view text) const;
  [[nodiscard]] int account_index(std::int64_t row, std::string_view task_id) const;
  [[nodiscard]] core::VideoLink link_of(const core::WantedVideo& video, const Rows& row);

  Connection connection_;
  RunFence& fence_;
  std::vector<std::int64_t> accounts_;
  RecentLinks& links_;
  ServerBlocks answers_{connection_};
  std::atomic<bool> may_get_more_{true};
  std::atomic<std::uint64_t> takeovers_{0};
  std::atomic<bool> has_free_{false};
};

}  // namespace storage
