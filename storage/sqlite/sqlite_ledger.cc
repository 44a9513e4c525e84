#include "storage/sqlite/sqlite_ledger.h"

#include <utility>

#include "storage/sqlite/database.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/work_pages.h"

namespace storage {

struct SqliteLedger::Claims {
  explicit Claims(const std::string& path) : database(open_for_reading(path)) {}
  std::unique_ptr<SQLite::Database> database;
  Statement find{*database, "SELECT 1 FROM video WHERE path = ? LIMIT 1"};
};

SqliteLedger::SqliteLedger(TaskStore& store, std::function<void()> wake, ImportTime lists)
    : QueuedLedger(
          std::make_unique<WorkPages>(RunOfPages{store.path(), store.run(), store.account_rows()},
                                      store.recent_links()),
          [&store](std::span<core::Entry> entries) { return store.write(entries); },
          std::move(wake),
          lists == ImportTime::beside ? std::optional(store.highest_key()) : std::nullopt),
      store_(store) {
  if (lists == ImportTime::beside) {
    store_.import_beside(this);
  }
}

SqliteLedger::~SqliteLedger() {
  stop();
  store_.import_beside(nullptr);
}

bool SqliteLedger::claimed(const std::string& path) {
  const std::lock_guard lock(claims_mutex_);
  return with_ledger_errors(store_.path(), "read", [&] {
    // Otherwise another ledger would answer, or none could.
    static_cast<void>(store_.place().log_bytes());
    if (claims_ == nullptr) {
      claims_ = std::make_unique<Claims>(store_.path());
    }
    claims_->find.bind(1, path);
    const bool found = claims_->find.step();
    claims_->find.reset();
    return found;
  });
}

}  // namespace storage
