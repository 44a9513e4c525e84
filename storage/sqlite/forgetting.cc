#include "storage/sqlite/forgetting.h"

#include "storage/sqlite/database.h"
#include "storage/sqlite/maintained_file.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

// A killed run ended when the next one began: the lock keeps runs apart.
constexpr const char* kLastSign = "NULL";

class ForgettingFile final : public MaintainedFile {
 public:
  using MaintainedFile::MaintainedFile;

  [[nodiscard]] Statement find(const std::string& text, const std::string& account,
                               const std::string& id) {
    Statement found(database(), in_dialect(text, Dialect::sqlite).c_str());
    found.bind(1, account);
    found.bind(2, id);
    return found;
  }
};

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
    Transaction transaction(*database, Transaction::Kind::writing);
    ForgettingFile file(*database);
    ForgetReport report = forget_named(file, account, ids, now);
    transaction.commit();
    return report;
  });
}

std::optional<ForgetReport> forget_import(const std::string& path, std::int64_t run,
                                          core::UtcTime now) {
  const auto database = open_ledger(path);
  return with_ledger_errors(path, "forget tasks of", [&] {
    Transaction transaction(*database, Transaction::Kind::writing);
    ForgettingFile file(*database);
    auto report = forget_met(file, run, kLastSign, now);
    transaction.commit();
    return report;
  });
}

}  // namespace storage
