// A ledger with answers about tasks, for tests of billing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/domain/task.h"
#include "tests/support/back_end.h"

namespace support {

/// An answer about a task, and what is recorded of it.
struct BillingAnswer {
  std::string account = "default";
  std::string id;
  core::TaskState state = core::TaskState::succeeded;
  core::TaskFacts facts{};
  core::Labels labels{};         ///< as the list of that run names them
  std::int64_t observed_at = 0;  ///< ms
  std::string body{};            ///< empty: the ID
};

/// Records answers through the interfaces that runs use, so that it fills a ledger of any back end.
class BillingLedger {
 public:
  /// `back_end` must outlive this, and its clock is moved.
  explicit BillingLedger(BackEnd& back_end);

  /// A run that asks about one task, and hears this. Returns the snapshot's number.
  std::int64_t record(const BillingAnswer& answer);

 private:
  BackEnd& back_end_;
  std::unique_ptr<core::WorkList> work_;
};

struct BillingTask {
  std::string account = "default";
  std::string id;
  int state = 1;          ///< as in core::TaskState
  std::string columns{};  ///< ", submit_time, model": further columns of `task` …
  std::string values{};   ///< ", 1777343862000, 'm'": … and their values as SQL
};

/// A migrated, empty ledger at `path`.
void make_billing_ledger(const std::string& path);
/// Adds a task with one snapshot of its state at `observed_at` (ms), whose answer has the SHA-256
/// of the ID. Returns the snapshot's number.
std::int64_t add_billing_task(const std::string& path, const BillingTask& task,
                              std::int64_t observed_at);

/// A further final answer about a task of the account `default`: a snapshot with the SHA-256 of
/// `body`, and the task's row as `assignments` has it ("duration_seconds = '9'"). Returns the
/// snapshot's number.
std::int64_t answer_billing_task(const std::string& path, const std::string& id, int state,
                                 const std::string& assignments, const std::string& body,
                                 std::int64_t observed_at);

}  // namespace support
