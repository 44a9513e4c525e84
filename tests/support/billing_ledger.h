// A ledger with answers about tasks, for tests of billing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/domain/task.h"
#include "tests/support/back_end.h"

namespace support {

[[nodiscard]] inline core::UtcTime utc(std::int64_t ms) {
  return core::UtcTime(std::chrono::milliseconds(ms));
}

/// An answer about a task, and what is recorded with it.
struct BillingAnswer {
  std::string account = "default";
  std::string id;
  core::TaskState state = core::TaskState::succeeded;
  /// What it says otherwise than the answer before about the task.
  core::TaskFacts facts{};
  std::string list_model{};      ///< of the list that names the task
  core::Labels labels{};         ///< as in that list
  std::int64_t observed_at = 0;  ///< ms
  std::string body{};            ///< empty: the ID
  std::optional<core::UtcTime> settles_at{};
};

/// Records answers through the interfaces that runs use, so that it can fill a ledger of any back
/// end.
class BillingLedger {
 public:
  /// `back_end` must outlive this object; its clock is advanced.
  explicit BillingLedger(BackEnd& back_end) : back_end_(back_end) {}
  /// A SQLite ledger at `path`, created if there is none.
  explicit BillingLedger(const std::string& path) : own_(sqlite_back_end(path)), back_end_(*own_) {}

  /// A run that queries one task and gets this answer. Returns the snapshot's number.
  std::int64_t record(const BillingAnswer& answer);

 private:
  void list(const BillingAnswer& answer);
  std::int64_t last_snapshot(const BillingAnswer& answer);

  std::unique_ptr<BackEnd> own_;
  BackEnd& back_end_;
  std::unique_ptr<core::WorkList> work_;
  std::unique_ptr<core::LedgerReader> reader_;
  std::map<std::pair<std::string, std::string>, core::TaskFacts> said_;  // by account and ID
};

}  // namespace support
