#include "storage/backup.h"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "core/error.h"

namespace storage {
namespace {

void sync(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) {
    close(descriptor);
  }
  if (!synced) {
    throw core::Error("cannot sync the backup " + path + ": " +
                      std::generic_category().message(error));
  }
}

}  // namespace

void back_up(SQLite::Database& database, const std::string& target) {
  const int descriptor =
      open(target.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) {
    const std::string reason = std::generic_category().message(errno);
    if (errno == EEXIST) {
      throw core::UsageError("the backup file " + target + " exists; name one that does not");
    }
    throw core::Error("cannot make the backup " + target + ": " + reason);
  }
  close(descriptor);
  try {
    {
      SQLite::Database copy(target, SQLite::OPEN_READWRITE);
      SQLite::Backup backup(copy, database);
      // Busy is a result, not an exception, and leaves an empty copy that is "whole".
      if (backup.executeStep(-1) != SQLITE_DONE) {
        throw core::Error("cannot copy the ledger to " + target +
                          ": another program holds it for itself; try again when it is done");
      }
      if (copy.execAndGet("PRAGMA integrity_check(1)").getString() != "ok") {
        throw core::Error("the backup " + target +
                          " is not whole; the ledger itself may be "
                          "damaged: run `reeltally db check`");
      }
    }
    sync(target, O_RDONLY);
    sync(std::filesystem::absolute(target).parent_path(), O_RDONLY | O_DIRECTORY);
  } catch (...) {
    std::remove(target.c_str());
    throw;
  }
}

}  // namespace storage
