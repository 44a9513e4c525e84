// A ledger with answers about tasks, for tests of billing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/domain/task.h"
#include "tests/support/back_end.h"

namespace support {

/// An answer about a task, and what is recorded with it.
struct BillingAnswer {
  std::string account = "default";
  std::string id;
  core::TaskState state = core::TaskState::succeeded;
  core::TaskFacts facts{};
  core::Labels labels{};         ///< as in the list of that run
  std::int64_t observed_at = 0;  ///< ms
  std::string body{};            ///< empty: the ID
};

/// Records answers through the interfaces that runs use, so that it can fill a ledger of any back
/// end.
class BillingLedger {
 public:
  /// `back_end` must outlive this object; its clock is advanced.
  explicit BillingLedger(BackEnd& back_end);

  /// A run that queries one task and gets this answer. Returns the snapshot's number.
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

/// Another final answer about a task of the account `default`: a snapshot with the SHA-256 of
/// `body`; `assignments` ("duration_seconds = '9'") change the task's row. Returns the snapshot's
/// number.
std::int64_t answer_billing_task(const std::string& path, const std::string& id, int state,
                                 const std::string& assignments, const std::string& body,
                                 std::int64_t observed_at);

}  // namespace support
