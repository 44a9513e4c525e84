// The simplest core::LedgerReader, of an in-memory ledger.
#pragma once

#include <memory>
#include <utility>

#include "core/ledger/ledger_reader.h"
#include "tests/support/memory_ledger.h"

namespace support {

class FakeReader final : public core::LedgerReader {
 public:
  explicit FakeReader(std::shared_ptr<MemoryLedger> memory) : memory_(std::move(memory)) {}

  [[nodiscard]] core::LedgerTotals totals(core::UtcTime now) override;
  [[nodiscard]] core::LedgerOverview overview(core::UtcTime now) override;
  [[nodiscard]] std::optional<core::TaskHistory> task_of_late(const std::string& account,
                                                              const core::TaskId& id,
                                                              std::size_t answers_max) override;
  [[nodiscard]] std::optional<core::RawAnswer> answer_of(std::int64_t snapshot,
                                                         const std::string& sha256_begin) override;
  [[nodiscard]] std::vector<core::ViewRow> last_runs(std::size_t count) override;
  [[nodiscard]] std::optional<core::ViewRow> run(std::int64_t number) override;
  [[nodiscard]] bool would_ask(const std::string& account, const std::string& task_id,
                               const core::ImportRules& rules) override;
  void each_pending(const std::string& account, core::UtcTime stale_before,
                    const std::function<void(const std::string& task_id)>& take) override;
  void each_saved_video(const std::function<void(core::SavedVideo&&)>& take) override;
  void describe(
      const std::vector<core::SavedVideo>& videos,
      const std::function<void(const core::SavedVideo&, core::SavedVideoFacts&&)>& take) override;
  [[nodiscard]] core::Requeued want_again(const std::vector<core::SavedVideo>& missing,
                                          core::UtcTime now) override;

 private:
  [[nodiscard]] core::ViewRow row_of(const MemoryLedger::Task& task) const;
  [[nodiscard]] core::ViewRow row_of(const MemoryLedger::Snapshot& snapshot) const;
  [[nodiscard]] core::ViewRow row_of_run(std::int64_t number) const;
  [[nodiscard]] bool may_live(const MemoryLedger::Video& video, core::UtcTime now) const;

  std::shared_ptr<MemoryLedger> memory_;
};

}  // namespace support
