// One run at a time on a ledger: a lock that the kernel frees when a run dies.
#pragma once

#include <chrono>
#include <string>

#include "core/files/beneath.h"

namespace storage {

/// flock on `PATH.lock`. Not copyable; freed by the destructor, by exit and by kill -9. A file that
/// the lock made goes with it, unless `keep` says that the ledger is in use from now on: nothing
/// is left of a start that failed.
class Lock {
 public:
  /// Waits up to `wait`. Throws LedgerBusy that names the holder, core::Error when the file cannot
  /// be opened, core::Stopped when the descriptor `stop` (-1: none) becomes readable meanwhile.
  Lock(const std::string& ledger_path, std::chrono::milliseconds wait, int stop = -1);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void keep() { made_ = false; }
  /// Throws core::Error when somebody removed or replaced the file: then nothing has kept another
  /// run from the ledger.
  void require_in_place() const;

 private:
  [[nodiscard]] bool open_and_lock(std::chrono::steady_clock::time_point until, int stop);
  [[nodiscard]] bool is_in_place() const;

  std::string ledger_path_;
  std::string path_;
  core::Descriptor file_;
  bool made_ = false;  // by us
};

/// Who holds the ledger now ("process 4711 on machine x"); empty: nobody.
[[nodiscard]] std::string lock_holder(const std::string& ledger_path);

}  // namespace storage
