#include "tests/support/billing_ledger.h"

#include <chrono>
#include <variant>

#include "core/domain/lifecycle.h"
#include "core/files/sha256.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"

namespace support {
namespace {

std::int64_t add_snapshot(SQLite::Database& database, std::int64_t task, int state,
                          const std::string& body, std::int64_t observed_at) {
  core::Sha256 hash;
  hash.update(body);
  const core::Sha256Digest digest = hash.finish();
  storage::Statement snapshot(database,
                              "INSERT INTO snapshot (task, run, observed_at, outcome, raw_bytes, "
                              "raw_sha256) VALUES (?, 1, ?, ?, 2, ?)");
  snapshot.bind(1, task);
  snapshot.bind(2, observed_at);
  snapshot.bind(3, std::int64_t{state + 1});
  snapshot.bind_blob(4, core::bytes_of(digest));
  snapshot.run();
  return database.getLastInsertRowid();
}

core::Verdict verdict_of(core::TaskState state) {
  switch (state) {
    case core::TaskState::unfinished:
      return core::Verdict::unfinished;
    case core::TaskState::succeeded:
      return core::Verdict::succeeded;
    case core::TaskState::failed:
      return core::Verdict::failed;
    case core::TaskState::missing:
      return core::Verdict::not_found;
  }
  return core::Verdict::unreadable;
}

const char* status_of(core::TaskState state) {
  switch (state) {
    case core::TaskState::unfinished:
      return "IN_PROGRESS";
    case core::TaskState::succeeded:
      return "SUCCESS";
    case core::TaskState::failed:
      return "FAILURE";
    case core::TaskState::missing:
      return "";
  }
  return "";
}

core::AnswerEntry entry_of(const BillingAnswer& answer, core::TaskKey task) {
  core::AnswerEntry entry;
  entry.task = task;
  entry.observed_at = core::UtcTime(std::chrono::milliseconds(answer.observed_at));
  entry.http_status = answer.state == core::TaskState::missing ? 400 : 200;
  entry.body = answer.body.empty() ? answer.id : answer.body;
  entry.answer.verdict = verdict_of(answer.state);
  entry.answer.status = status_of(answer.state);
  entry.answer.facts = answer.facts;
  entry.state = answer.state;
  entry.is_final = core::is_final(entry.answer.verdict);
  entry.settled = true;
  return entry;
}

}  // namespace

void make_billing_ledger(const std::string& path) {
  const auto database = storage::open_for_writing(path);
  storage::migrate(*database, path, storage::embedded_migrations(), core::UtcTime{}, false);
  database->exec(
      "INSERT INTO run (started_at, version, host, inputs, stale_after_ms) "
      "VALUES (0, '1', 'h', '[]', 0);"
      "INSERT INTO outcome (id, http_status, verdict, code, status, progress, usage_names) VALUES "
      "(1, 200, 0, '', 'IN_PROGRESS', '', '[]'), (2, 200, 1, '', 'SUCCESS', '', '[]'), "
      "(3, 200, 2, '', 'FAILURE', '', '[]'), (4, 400, 4, '', '', '', '[]')");
}

std::int64_t add_billing_task(const std::string& path, const BillingTask& task,
                              std::int64_t observed_at) {
  const auto database = storage::open_for_writing(path);
  SQLite::Transaction transaction(*database);
  storage::Statement account(*database, "INSERT OR IGNORE INTO account (name) VALUES (?)");
  account.bind(1, task.account);
  account.run();
  storage::Statement add(*database,
                         ("INSERT INTO task (account, task_id, state, first_seen" + task.columns +
                          ") SELECT id, ?2, ?3, ?4" + task.values + " FROM account WHERE name = ?1")
                             .c_str());
  add.bind(1, task.account);
  add.bind(2, task.id);
  add.bind(3, std::int64_t{task.state});
  add.bind(4, observed_at);
  add.run();
  const std::int64_t key = database->getLastInsertRowid();
  const std::int64_t number = add_snapshot(*database, key, task.state, task.id, observed_at);
  if (task.state == 1 || task.state == 2) {
    storage::Statement settle(*database, "UPDATE task SET final_snapshot = ? WHERE id = ?");
    settle.bind(1, number);
    settle.bind(2, key);
    settle.run();
  }
  transaction.commit();
  return number;
}

std::int64_t answer_billing_task(const std::string& path, const std::string& id, int state,
                                 const std::string& assignments, const std::string& body,
                                 std::int64_t observed_at) {
  const auto database = storage::open_for_writing(path);
  SQLite::Transaction transaction(*database);
  storage::Statement find(*database, "SELECT id FROM task WHERE task_id = ?");
  find.bind(1, id);
  const std::int64_t key = find.step() ? find.integer(0) : 0;
  find.reset();
  const std::int64_t number = add_snapshot(*database, key, state, body, observed_at);
  database->exec("UPDATE task SET state = " + std::to_string(state) + ", final_snapshot = " +
                 std::to_string(number) + (assignments.empty() ? "" : ", ") + assignments +
                 " WHERE id = " + std::to_string(key));
  transaction.commit();
  return number;
}

BillingLedger::BillingLedger(BackEnd& back_end)
    : back_end_(back_end), work_(back_end.open_work_list()) {}

std::int64_t BillingLedger::record(const BillingAnswer& answer) {
  const core::UtcTime at{std::chrono::milliseconds(answer.observed_at)};
  back_end_.clock.jump(at - back_end_.clock.utc());
  const core::TaskId id = std::get<core::TaskId>(core::TaskId::parse(answer.id));
  work_->begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {answer.account}});
  work_->begin_import({.refresh = true, .relabel = true, .on_disk = {}});
  work_->add({.id = id, .model = "", .labels = answer.labels}, 0);
  work_->end_import();
  auto ledger = back_end_.open_ledger(*work_);
  ledger->ask_for_tasks(0, 1);
  ledger->flush();
  ledger->append(entry_of(answer, ledger->take_tasks().value().at(0).key));
  ledger->flush();
  ledger.reset();
  work_->end_run(0, "{}");
  const auto history = back_end_.open_reader()->task(answer.account, id);
  const core::ViewRow& snapshot = history.value().snapshots.back().columns;
  return std::stoll(snapshot.at(2).second.value());
}

}  // namespace support
