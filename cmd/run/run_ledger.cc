#include "cmd/run/run_ledger.h"

#include <poll.h>

#include <exception>
#include <utility>

#include "core/error.h"
#include "storage/ledger_error.h"
#include "storage/postgres/postgres_work_list.h"
#include "storage/sqlite/task_store.h"

namespace cmd {
namespace {

constexpr int kLookAgainMs = 200;

}  // namespace

void RunLedger::hold(core::RunStart start) {
  start_ = std::move(start);
  if (storage::is_postgres_url(name_)) {
    hold_on_server();
    return;
  }
  if (is_run() && settings_.given_text("crew")) {
    throw core::UsageError(
        settings_.origin("crew").text +
        " needs a ledger on PostgreSQL: give --db postgresql://USER@HOST/DATABASE");
  }
  // Checked before any file is created. Only IDs create a ledger: pending tasks exist only in one.
  storage::require_ledger(name_, !start_.inputs.empty());
  lock_.emplace(name_, settings_.duration("lock-wait"), interrupt_.descriptor());
}

storage::RunnerTerms RunLedger::terms() const {
  storage::RunnerTerms terms;
  if (is_run()) {
    terms.crew = settings_.given_text("crew").value_or("");
    terms.rate = settings_.count("rate");
    terms.downloads = !settings_.flag("no-download");
    terms.lease = settings_.duration("lease");
  }
  terms.stop = [this] { return interrupt_.level() > 1; };
  return terms;
}

// There a run holds its place from its beginning on.
void RunLedger::hold_on_server() {
  try {
    work_ = std::make_unique<storage::PostgresWorkList>(storage::LedgerUrl(name_), clock_, terms());
  } catch (const storage::ConnectionLost& lost) {
    throw storage::LedgerUnreadable(lost.what());
  }
  const core::SteadyTime until = clock_.steady() + settings_.duration("lock-wait");
  while (true) {
    try {
      work_->begin_run(start_);
      return;
    } catch (const storage::LedgerBusy&) {
      if (clock_.steady() >= until) {
        throw;
      }
    }
    pollfd signal{.fd = interrupt_.descriptor(), .events = POLLIN, .revents = 0};
    if (poll(&signal, 1, kLookAgainMs) > 0) {
      throw core::Stopped("the wait for the ledger was ended");
    }
  }
}

std::int64_t RunLedger::begin() {
  if (work_ != nullptr) {
    return work_->run();
  }
  auto store = std::make_unique<storage::TaskStore>(name_, clock_, !settings_.flag("no-backup"));
  const std::int64_t run = store->begin_run(start_);
  place_ = store->place();
  lock_->keep();
  work_ = std::move(store);
  return run;
}

void RunLedger::read_beside(const std::function<void()>& body) const {
  if (!storage::is_postgres_url(name_)) {
    body();
    return;
  }
  storage::patiently(terms(), [&body] {
    try {
      body();
    } catch (const storage::LedgerUnreadable& failure) {
      std::rethrow_if_nested(failure);
      throw;
    }
  });
}

void RunLedger::require_alone() {
  if (lock_) {
    lock_->require_in_place();
  }
  work_->require_newest_run();
}

}  // namespace cmd
