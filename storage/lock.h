// One run at a time on a ledger: a lock that the kernel frees when a run dies.
#pragma once

#include <chrono>
#include <string>

namespace storage {

/// flock on `PATH.lock`. Not copyable; freed by the destructor, by exit and by kill -9.
class Lock {
 public:
  /// Waits up to `wait`. Throws LedgerBusy that names the holder, core::Error when the file cannot
  /// be opened, core::Stopped when the descriptor `stop` (-1: none) becomes readable meanwhile.
  Lock(const std::string& ledger_path, std::chrono::milliseconds wait, int stop = -1);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int descriptor_ = -1;
};

/// Who holds the ledger now ("process 4711 on machine x"); empty: nobody.
[[nodiscard]] std::string lock_holder(const std::string& ledger_path);

}  // namespace storage
