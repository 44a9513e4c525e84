// Allows one run at a time on a ledger, by a lock that the kernel releases when a run dies.
#pragma once

#include <chrono>
#include <string>

#include "core/files/beneath.h"

namespace storage {

/// flock on `PATH.lock`. Not copyable; released by the destructor, by exit and by kill -9. If the
/// lock created the file, it also removes it, unless `keep` says that the ledger is in use from now
/// on: a start that fails leaves nothing behind.
class Lock {
 public:
  /// Waits up to `wait`. Throws LedgerBusy that names the holder, core::Error if the file cannot be
  /// opened, core::Stopped if the descriptor `stop` (-1: none) becomes readable meanwhile.
  Lock(const std::string& ledger_path, std::chrono::milliseconds wait, int stop = -1);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void keep() { made_ = false; }
  /// Throws core::Error if somebody removed or replaced the file: then another run may have used
  /// the ledger.
  void require_in_place() const;

 private:
  [[nodiscard]] bool open_and_lock(std::chrono::steady_clock::time_point until, int stop);
  [[nodiscard]] bool is_in_place() const;

  std::string ledger_path_;
  std::string path_;
  core::Descriptor file_;
  bool made_ = false;  // by this object
};

/// The current holder of the ledger ("process 4711 on machine x"); empty if there is none.
[[nodiscard]] std::string lock_holder(const std::string& ledger_path);

}  // namespace storage
