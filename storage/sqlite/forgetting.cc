#include "storage/sqlite/forgetting.h"

#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

constexpr const char* kNoAnswer =
    "t.final_snapshot IS NULL AND t.state IN (0, 3) AND "
    "NOT EXISTS (SELECT 1 FROM video AS v WHERE v.task = t.id)";
// Runs do not overlap, so a task that a run imported was first seen before the end of that run; a
// killed run ended when the next one began.
constexpr const char* kMetInRun =
    "t.first_seen >= (SELECT started_at FROM run WHERE id = ?1) AND t.first_seen <= "
    "(SELECT coalesce(r.finished_at, (SELECT n.started_at FROM run AS n WHERE n.id = r.id + 1), "
    "9223372036854775807) FROM run AS r WHERE r.id = ?1)";

std::unique_ptr<SQLite::Database> open_ledger(const std::string& path) {
  static_cast<void>(open_for_reading(path));  // the ledger must exist
  auto database = open_for_writing(path);
  require_schema(*database, path, embedded_migrations());
  return database;
}

}  // namespace

ForgetReport forget_tasks(const std::string& path, const std::string& account,
                          const std::vector<core::TaskId>& ids, core::UtcTime now) {
  const auto database = open_ledger(path);
  return with_ledger_errors(path, "forget tasks of", [&] {
    ForgetReport report;
    Transaction transaction(*database, Transaction::Kind::writing);
    Statement find(*database, (std::string("SELECT t.id, ") + kNoAnswer +
                               " FROM task AS t JOIN account AS a ON a.id = t.account "
                               "WHERE a.name = ? AND t.task_id = ?")
                                  .c_str());
    Statement forget(*database,
                     "INSERT OR IGNORE INTO forgotten (task, forgotten_at) VALUES (?, ?)");
    for (const core::TaskId& id : ids) {
      find.bind(1, account);
      find.bind(2, id.text());
      if (!find.step()) {
        report.refused.push_back({id.text(), ForgetRefusal::unknown});
      } else if (find.integer(1) == 0) {
        report.refused.push_back({id.text(), ForgetRefusal::answered});
      } else {
        forget.bind(1, find.integer(0));
        forget.bind_time(2, now);
        forget.run();
        ++report.forgotten;
      }
      find.reset();
    }
    transaction.commit();
    return report;
  });
}

std::optional<ForgetReport> forget_import(const std::string& path, std::int64_t run,
                                          core::UtcTime now) {
  const auto database = open_ledger(path);
  return with_ledger_errors(path, "forget tasks of", [&]() -> std::optional<ForgetReport> {
    Transaction transaction(*database, Transaction::Kind::writing);
    Statement known(*database, "SELECT 1 FROM run WHERE id = ?");
    known.bind(1, run);
    if (!known.step()) {
      return std::nullopt;
    }
    ForgetReport report;
    const auto count = [&](const char* condition) {
      Statement rows(*database, (std::string("SELECT count(*) FROM task AS t WHERE ") + kMetInRun +
                                 " AND " + condition + "(" + kNoAnswer + ")")
                                    .c_str());
      rows.bind(1, run);
      return rows.step() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
    };
    report.forgotten = count("");
    report.answered = count("NOT ");
    Statement forget(*database, (std::string("INSERT OR IGNORE INTO forgotten (task, forgotten_at) "
                                             "SELECT t.id, ?2 FROM task AS t WHERE ") +
                                 kMetInRun + " AND " + kNoAnswer)
                                    .c_str());
    forget.bind(1, run);
    forget.bind_time(2, now);
    forget.run();
    transaction.commit();
    return report;
  });
}

}  // namespace storage
