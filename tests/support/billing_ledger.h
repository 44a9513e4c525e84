// A ledger filled by SQL, for tests of reports.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/fake_billing_source.h"

namespace support {

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

/// The same for what a fake ledger can record; a further answer about the task if it is there.
std::int64_t record_billing_answer(const std::string& path, const BillingAnswer& answer);

/// A further final answer about a task of the account `default`: a snapshot with the SHA-256 of
/// `body`, and the task's row as `assignments` has it ("duration_seconds = '9'"). Returns the
/// snapshot's number.
std::int64_t answer_billing_task(const std::string& path, const std::string& id, int state,
                                 const std::string& assignments, const std::string& body,
                                 std::int64_t observed_at);

}  // namespace support
