#include "storage/sqlite/backup.h"

#include <SQLiteCpp/Backup.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "core/error.h"
#include "storage/sqlite/draft.h"

namespace storage {
namespace {

void copy_to(const std::string& draft, const std::string& target, SQLite::Database& database) {
  SQLite::Database copy(draft, SQLite::OPEN_READWRITE);
  copy.exec("PRAGMA synchronous = OFF");   // it is synced once, when it is complete
  copy.exec("PRAGMA journal_mode = OFF");  // an incomplete copy is deleted, not rolled back
  SQLite::Backup backup(copy, database);
  // SQLITE_BUSY is returned, not thrown, and would leave an empty copy that looks complete.
  if (backup.executeStep(-1) != SQLITE_DONE) {
    throw core::Error("cannot copy the ledger to " + target +
                      ": another program has locked it; try again when that program is done");
  }
  seal_backup(copy, target);
}

[[noreturn]] void throw_exists(const std::string& target) {
  throw core::UsageError("the backup file " + target + " exists; name one that does not");
}

}  // namespace

void seal_backup(SQLite::Database& copy, const std::string& target) {
  if (copy.execAndGet("PRAGMA journal_mode = DELETE").getString() != "delete") {
    throw core::Error("cannot make the backup " + target +
                      " a file of its own; name one on a local file system");
  }
  if (copy.execAndGet("PRAGMA integrity_check(1)").getString() != "ok") {
    throw core::Error("the backup " + target +
                      " is incomplete; the ledger itself may be "
                      "damaged: run `reeltally db check`");
  }
}

void require_no_backup(const std::string& target) {
  struct stat status {};
  if (lstat(target.c_str(), &status) == 0) {
    throw_exists(target);
  }
}

void back_up(SQLite::Database& database, const std::string& target) {
  require_no_backup(target);
  Draft draft("the backup", target);
  try {
    copy_to(draft.path(), target, database);
  } catch (const SQLite::Exception& failure) {
    if (failure.getErrorCode() == SQLITE_FULL) {  // the volume of the copy, not of the ledger
      throw core::Error("cannot make the backup " + target +
                        ": its volume is full; free space there, or name a file on another");
    }
    throw;
  }
  if (!draft.publish()) {
    throw_exists(target);
  }
}

}  // namespace storage
