// The simplest core::WorkList, of an in-memory ledger.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/ledger/work_list.h"
#include "tests/support/memory_ledger.h"

namespace support {

class FakeWorkList final : public core::WorkList {
 public:
  /// `clock` must outlive this.
  FakeWorkList(std::shared_ptr<MemoryLedger> memory, const core::Clock& clock)
      : memory_(std::move(memory)), clock_(clock) {}

  std::int64_t begin_run(const core::RunStart& start) override;
  void begin_import(core::ImportRules rules) override;
  void add(const core::WantedTask& task, int account) override;
  core::ImportOutcome end_import() override;
  std::uint64_t add_pending(int account) override;
  [[nodiscard]] std::uint64_t tasks_to_ask() override;
  [[nodiscard]] std::uint64_t tasks_to_ask(int account, core::UtcTime since) override;
  [[nodiscard]] std::uint64_t videos_to_fetch() override;
  [[nodiscard]] core::RunTotals totals() override;
  void each_left(bool videos, const std::function<void(const core::LeftOver&)>& take) override;
  void require_newest_run() override;
  void end_run(int exit_code, const std::string& summary_json) override;

 private:
  struct Row {
    int account = 0;
    core::WantedTask task;
  };
  [[nodiscard]] const std::string& account(int index) const;
  [[nodiscard]] core::UtcTime stale_before() const;
  void take(const Row& row);
  void relabel(MemoryLedger::Task& known, const core::WantedTask& row);
  /// Returns the value that the ledger has afterwards.
  std::string choose(const core::LabelDifference& difference);

  std::shared_ptr<MemoryLedger> memory_;
  const core::Clock& clock_;
  std::int64_t run_ = 0;
  core::RunStart start_;
  core::ImportRules rules_;
  std::vector<Row> rows_;
  core::ImportOutcome outcome_;
};

}  // namespace support
