#include "tests/support/billing_ledger.h"

#include <variant>

#include "core/files/sha256.h"
#include "storage/answers/json_text.h"
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

// As SQL; null for a fact that is not said.
std::string value_of(const core::TaskFacts& facts, const core::Fact& fact) {
  if (const core::FactTime* time = std::get_if<core::FactTime>(&fact.member)) {
    const auto& value = facts.**time;
    return value ? std::to_string(value->time_since_epoch().count()) : "NULL";
  }
  const std::string& text = facts.*std::get<core::FactText>(fact.member);
  return text.empty() ? "NULL" : "'" + text + "'";
}

bool is_known(const std::string& path, const BillingAnswer& answer) {
  const auto database = storage::open_for_writing(path);
  storage::Statement find(*database,
                          "SELECT 1 FROM task AS t JOIN account AS a ON a.id = t.account WHERE "
                          "a.name = ? AND t.task_id = ?");
  find.bind(1, answer.account);
  find.bind(2, answer.id);
  return find.step();
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

std::int64_t record_billing_answer(const std::string& path, const BillingAnswer& answer) {
  const int state = static_cast<int>(answer.state);
  std::string columns;
  std::string values;
  std::string assignments;
  for (const core::Fact& fact : core::kFacts) {
    const std::string column(fact.column);
    const std::string value = value_of(answer.facts, fact);
    columns += ", " + column;
    values += ", " + value;
    assignments += (assignments.empty() ? "" : ", ") + column + " = " + value;
  }
  if (is_known(path, answer)) {
    return answer_billing_task(path, answer.id, state, assignments,
                               answer.body.empty() ? answer.id : answer.body, answer.observed_at);
  }
  std::string labels;
  storage::append_json_object(labels, answer.labels);
  return add_billing_task(path,
                          {.account = answer.account,
                           .id = answer.id,
                           .state = state,
                           .columns = columns + ", labels",
                           .values = values + ", '" + labels + "'"},
                          answer.observed_at);
}

}  // namespace support
