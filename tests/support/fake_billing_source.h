// A ledger in memory, as billing sees one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"

namespace support {

/// An answer about a task, and what is recorded of it.
struct BillingAnswer {
  std::string account = "default";
  std::string id;
  core::TaskState state = core::TaskState::succeeded;
  core::TaskFacts facts{};
  core::Labels labels{};         ///< of the task's first answer
  std::int64_t observed_at = 0;  ///< ms
  std::string body{};            ///< whose SHA-256 the answer has; empty: the ID
};

class FakeBillingLedger {
 public:
  /// Adds the task if it is not there. Returns the snapshot's number.
  std::int64_t record(const BillingAnswer& answer);
  /// The number of the next snapshot. Back ends with several writers hand numbers out in another
  /// order than that in which snapshots become visible.
  void number_next(std::int64_t number) { next_number_ = number; }

  /// Sees what was recorded so far. The ledger must outlive it.
  [[nodiscard]] std::unique_ptr<core::BillingSource> open();

  struct Snapshot {
    std::int64_t number = 0;
    std::int64_t task = 0;
    core::TaskState state = core::TaskState::unfinished;
    core::UtcTime observed_at{};
    std::string sha256;
  };
  struct Task {
    std::string account;
    std::string id;
    core::TaskState state = core::TaskState::unfinished;
    core::TaskFacts facts;
    core::Labels labels;
    core::UtcTime first_seen{};
    std::size_t last_answer = 0;  ///< index of its snapshot
  };
  struct Line {
    core::OwnedLine line;
    std::int64_t period = 0;
    std::int64_t task = 0;
  };
  struct WrittenOff {
    std::int64_t period = 0;
    std::int64_t task = 0;
  };
  /// All that the ledger holds; the key of a task or account is its place + 1.
  struct State {
    std::vector<std::string> accounts;
    std::vector<Task> tasks;
    std::vector<Snapshot> snapshots;  ///< as they became visible
    std::vector<Line> lines;
    std::vector<core::ClosedPeriod> closed;  ///< by begin
    std::vector<WrittenOff> written_off;
  };

 private:
  State state_;
  std::int64_t next_number_ = 1;
};

}  // namespace support
