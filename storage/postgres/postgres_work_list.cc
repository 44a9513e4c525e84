#include "storage/postgres/postgres_work_list.h"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "storage/answers/entry_change.h"
#include "storage/answers/import_batch.h"
#include "storage/answers/label_merge.h"
#include "storage/migration.h"
#include "storage/postgres/heartbeat.h"
#include "storage/postgres/postgres_ledger.h"
#include "storage/postgres/run_rows.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/server_import.h"
#include "storage/postgres/server_transaction.h"
#include "storage/statements/standing_columns.h"

namespace storage {

struct PostgresWorkList::Connected {
  Connected(const LedgerUrl& url, const core::Clock& wall, RunnerTerms terms)
      : clock(wall), connection(url, terms.stop), fence(std::move(terms)) {
    require_server_schema(connection, embedded_postgres_migrations());
  }

  void import(std::size_t batch);
  [[nodiscard]] std::vector<core::Unrecorded> write_apart(std::span<core::Entry> entries);
  [[nodiscard]] std::optional<std::string> write_alone(const core::Entry& entry);
  [[nodiscard]] core::TaskStanding standing(core::TaskKey task);
  [[nodiscard]] core::Unrecorded named(core::Entry entry, const std::string& why);
  void tell_lost();
  void tell_changed();

  const core::Clock& clock;
  Connection connection;
  RunFence fence;
  RunRows runs{connection, fence, clock};
  ServerEntries entries{connection};
  core::ImportRules rules;
  // For each account two: of the rows that leave the account to the run, and of those that name it.
  std::vector<ImportBatch> batches;
  core::ImportOutcome imported;

  std::mutex listener_mutex;
  Listener listener;                   // under listener_mutex
  std::optional<Heartbeat> heartbeat;  // last: its thread uses the rest
};

PostgresWorkList::PostgresWorkList(const LedgerUrl& url, const core::Clock& clock,
                                   RunnerTerms terms)
    : connected_(std::make_unique<Connected>(url, clock, std::move(terms))) {}

PostgresWorkList::~PostgresWorkList() = default;

const LedgerUrl& PostgresWorkList::url() const { return connected_->connection.url(); }
const std::vector<std::int64_t>& PostgresWorkList::account_rows() const {
  return connected_->runs.accounts();
}
std::int64_t PostgresWorkList::run() const { return connected_->fence.run(); }
std::unique_ptr<QueuedLedger> PostgresWorkList::open_ledger(std::function<void()> wake,
                                                            [[maybe_unused]] ImportTime lists) {
  assert(lists == ImportTime::before);
  return std::make_unique<PostgresLedger>(*this, std::move(wake));
}
RunFence& PostgresWorkList::fence() { return connected_->fence; }
RecentLinks& PostgresWorkList::recent_links() {
  return connected_->entries.videos().recent_links();
}

void PostgresWorkList::require_lease() {
  if (connected_->heartbeat) {
    connected_->heartbeat->require_lease();
  }
}

std::optional<core::CrewStanding> PostgresWorkList::standing() const {
  const Connected& c = *connected_;
  if (!c.heartbeat || c.fence.terms().crew.empty()) {
    return std::nullopt;
  }
  return c.heartbeat->standing();
}

void PostgresWorkList::tell_slow_down() {
  if (connected_->heartbeat) {
    connected_->heartbeat->tell_slow_down();
  }
}

void PostgresWorkList::listen(Listener listener) {
  const std::lock_guard lock(connected_->listener_mutex);
  connected_->listener = std::move(listener);
}

void PostgresWorkList::Connected::tell_lost() {
  const std::lock_guard lock(listener_mutex);
  if (listener.lost) {
    listener.lost(std::make_exception_ptr(fence.lost(connection)));
  }
}

void PostgresWorkList::Connected::tell_changed() {
  const std::lock_guard lock(listener_mutex);
  if (listener.changed) {
    listener.changed();
  }
}

// The signs of life begin before the import, which may take longer than a lease.
std::int64_t PostgresWorkList::begin_run(const core::RunStart& start) {
  Connected& c = *connected_;
  c.heartbeat.reset();
  c.imported = {};
  const std::int64_t run = c.runs.begin(start);
  if (c.fence.terms().heartbeat) {
    c.heartbeat.emplace(c.connection.url(), c.fence, c.runs.crew_rate(),
                        Heartbeat::Listener{.lost = [&c] { c.tell_lost(); },
                                            .changed = [&c] { c.tell_changed(); }});
  }
  return run;
}

void PostgresWorkList::begin_import(core::ImportRules rules) {
  Connected& c = *connected_;
  c.rules = std::move(rules);
  c.batches = std::vector<ImportBatch>(2 * c.runs.accounts().size());
  c.imported.duplicates = 0;
}

void PostgresWorkList::add(const core::WantedTask& task, int account) {
  Connected& c = *connected_;
  const std::size_t batch =
      2 * static_cast<std::size_t>(account) + (task.account.empty() ? 0U : 1U);
  c.batches.at(batch).add(task);
  if (c.batches[batch].full()) {
    c.import(batch);
  }
}

core::ImportOutcome PostgresWorkList::end_import() {
  Connected& c = *connected_;
  for (std::size_t batch = 0; batch < c.batches.size(); ++batch) {
    c.import(batch);
  }
  c.batches.clear();
  return c.imported;
}

void PostgresWorkList::Connected::import(std::size_t batch) {
  ImportBatch& rows = batches[batch];
  if (rows.size() == 0) {
    return;
  }
  rows.sort();
  const ServerImport::Terms terms{.account = runs.accounts().at(batch / 2),
                                  .account_named = batch % 2 == 1,
                                  .run = fence.run(),
                                  .in_crew = !fence.terms().crew.empty(),
                                  .now = clock.utc(),
                                  .rules = rules};
  std::optional<ServerImport> done;
  fence.durable(connection, RunFence::Kind::numbered, [&] {
    done.emplace(connection, entries.videos(), terms);
    done->add(rows);
  });
  imported.duplicates += done->duplicates();
  note_all(imported.label_differences, done->differences());
  rows.clear();
}

std::uint64_t PostgresWorkList::add_pending(int account) {
  return connected_->runs.add_pending(account);
}
std::uint64_t PostgresWorkList::tasks_to_ask() { return connected_->runs.tasks_to_ask(); }
std::uint64_t PostgresWorkList::tasks_to_ask(int account, core::UtcTime since) {
  return connected_->runs.tasks_to_ask(account, since);
}
std::uint64_t PostgresWorkList::videos_to_fetch() { return connected_->runs.videos_to_fetch(); }
core::RunTotals PostgresWorkList::totals() { return connected_->runs.totals(); }
void PostgresWorkList::each_left(bool videos,
                                 const std::function<void(const core::LeftOver&)>& take) {
  connected_->runs.each_left(videos, take);
}
void PostgresWorkList::require_newest_run() { connected_->runs.require_alive(); }

void PostgresWorkList::end_run(int exit_code, const std::string& summary_json) {
  Connected& c = *connected_;
  c.runs.end(exit_code, summary_json);
  c.heartbeat.reset();
}

// All together, or, when one of the entries cannot be recorded, apart.
std::vector<core::Unrecorded> PostgresWorkList::write(std::span<core::Entry> entries) {
  Connected& c = *connected_;
  std::vector<core::Unrecorded> unrecorded;
  bool apart = false;
  bool again = false;
  try {
    c.fence.durable(c.connection, RunFence::Kind::numbered, [&] {
      if (std::exchange(again, true)) {
        c.entries.forget();
      }
      c.entries.write(entries, c.fence.run());
    });
  } catch (const ServerError& error) {
    apart = is_trouble_of_a_value(error);
    if (!apart) {
      throw;
    }
  }
  if (apart) {
    c.fence.durable(c.connection, RunFence::Kind::numbered, [&] {
      c.entries.forget();
      unrecorded = c.write_apart(entries);
    });
  }
  return unrecorded;
}

// Slower, and each answer has a block of its own. The entries stay as they are: this may have to be
// done again.
std::vector<core::Unrecorded> PostgresWorkList::Connected::write_apart(std::span<core::Entry> all) {
  std::vector<core::Unrecorded> unrecorded;
  for (const core::Entry& entry : all) {
    if (const auto why = write_alone(entry)) {
      write_instead(entry, *why,
                    {.standing = [this](core::TaskKey task) { return standing(task); },
                     .try_to_write = [this](const core::Entry& one) { return !write_alone(one); },
                     .write =
                         [this](const core::Entry& one) {
                           entries.write({&one, 1}, fence.run());
                         }});
      unrecorded.push_back(named(entry, *why));
    }
  }
  return unrecorded;
}

// Returns why the entry cannot be recorded; none: it is.
std::optional<std::string> PostgresWorkList::Connected::write_alone(const core::Entry& entry) {
  ServerSavepoint part(connection);
  try {
    entries.write({&entry, 1}, fence.run());
  } catch (const ServerError& failure) {
    entries.forget();
    if (!is_trouble_of_a_value(failure)) {
      throw;
    }
    return failure.reason();
  }
  part.keep();
  return std::nullopt;
}

core::TaskStanding PostgresWorkList::Connected::standing(core::TaskKey task) {
  Rows row = connection.query("SELECT " + kStandingColumns + " FROM task WHERE id = $1",
                              Parameters().add(task));
  return row.step() ? standing_of(row, 0) : core::TaskStanding{};
}

core::Unrecorded PostgresWorkList::Connected::named(core::Entry entry, const std::string& why) {
  Rows task = connection.query(
      "SELECT account, task_id FROM task WHERE id = $1",
      Parameters().add(std::visit([](const auto& one) { return one.task; }, entry)));
  core::Unrecorded unrecorded{.entry = std::move(entry), .why = why};
  if (task.step()) {
    const auto account = std::find(runs.accounts().begin(), runs.accounts().end(), task.integer(0));
    unrecorded.account = static_cast<int>(account - runs.accounts().begin());
    unrecorded.task_id = task.text(1);
  }
  return unrecorded;
}

}  // namespace storage
