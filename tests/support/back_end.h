// Ledgers of every back end with the same interface: the contract tests
// (tests/storage/*_contract_test.cc) run on each of them. A new back end needs one more entry in
// `back_ends`.
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
#include "storage/statements/pruning.h"
#include "tests/support/manual_clock.h"

namespace support {

/// One ledger, empty at first, and every way to open it, any number of times. Nothing that is
/// opened may outlive this object.
class BackEnd {
 public:
  virtual ~BackEnd() = default;

  [[nodiscard]] virtual std::unique_ptr<core::WorkList> open_work_list() = 0;
  /// For the run that `work` began, which must outlive the result.
  [[nodiscard]] virtual std::unique_ptr<core::Ledger> open_ledger(core::WorkList& work) = 0;
  [[nodiscard]] virtual std::unique_ptr<core::LedgerReader> open_reader() = 0;
  [[nodiscard]] virtual std::unique_ptr<core::BillingSource> open_billing() = 0;

  /// What --db names; empty: nothing can.
  [[nodiscard]] virtual std::string ledger() const { return {}; }

  /// Takes back a task of the account `default` if that is possible, or deletes the raw answers of
  /// all finished tasks: maintenance outside of runs.
  virtual void forget(const std::string& id) = 0;
  void prune() { prune(storage::PruneScope::all); }
  virtual void prune(storage::PruneScope scope) = 0;

  /// The clock of everything that is opened.
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
