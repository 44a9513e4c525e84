// Reads pages of a run's work list for the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/ledger/ledger.h"
#include "storage/answers/page_source.h"
#include "storage/answers/recent_links.h"

namespace storage {

/// The run whose work is read.
struct RunOfPages {
  std::string ledger;
  std::int64_t run = 0;
  std::vector<std::int64_t> accounts;  ///< rows, by the run's own index
};

/// Reads over a connection of its own. One thread at a time. Throws core::Error.
class WorkPages final : public PageSource {
 public:
  /// `links` must outlive this object.
  WorkPages(RunOfPages run, RecentLinks& links);
  ~WorkPages() override;
  WorkPages(const WorkPages&) = delete;
  WorkPages& operator=(const WorkPages&) = delete;

  /// As core::Ledger says.
  [[nodiscard]] std::vector<core::TaskRecord> tasks(core::TaskKey after,
                                                    std::size_t limit) override;
  [[nodiscard]] std::vector<core::TaskRecord> named_tasks(
      int account, const std::vector<core::TaskId>& ids) override;
  [[nodiscard]] std::vector<core::WantedVideo> videos(std::size_t limit) override;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace storage
