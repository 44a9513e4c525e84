// Ledgers of every back end, made alike: the contract tests (tests/storage/*_contract_test.cc) run
// on each of them. A new back end is one more entry of `back_ends`.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/ledger/ledger.h"
#include "core/ledger/ledger_reader.h"
#include "core/ledger/work_list.h"
#include "tests/support/manual_clock.h"

namespace support {

/// One ledger, empty at first, and every way to open it, as often as wanted. What is opened does
/// not outlive this.
class BackEnd {
 public:
  virtual ~BackEnd() = default;

  [[nodiscard]] virtual std::unique_ptr<core::WorkList> open_work_list() = 0;
  /// Of the run that `work` began, which must outlive it.
  [[nodiscard]] virtual std::unique_ptr<core::Ledger> open_ledger(core::WorkList& work) = 0;
  [[nodiscard]] virtual std::unique_ptr<core::LedgerReader> open_reader() = 0;
  [[nodiscard]] virtual std::unique_ptr<core::BillingSource> open_billing() = 0;

  /// Takes a task of the account `default` back, drops the raw answers of all finished tasks: what
  /// people do with a ledger, and no run. False: this back end cannot.
  [[nodiscard]] virtual bool forget(const std::string& /*id*/) { return false; }
  [[nodiscard]] virtual bool prune() { return false; }

  /// The time of all that is opened.
  ManualClock clock;
};

struct BackEndMaker {
  std::string name;  ///< of the tests that run on it
  std::function<std::unique_ptr<BackEnd>()> make;
};
[[nodiscard]] const std::vector<BackEndMaker>& back_ends();
/// For messages of gtest.
inline void PrintTo(const BackEndMaker& maker, std::ostream* out) { *out << maker.name; }

/// A SQLite ledger at `path`, made if there is none.
[[nodiscard]] std::unique_ptr<BackEnd> sqlite_back_end(const std::string& path);

}  // namespace support
