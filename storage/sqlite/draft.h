// A ledger file that gets its name only when it is complete.
#pragma once

#include <string>
#include <string_view>

#include "core/files/draft_file.h"

namespace storage {

/// An empty private file (0600), hidden beside `target`. The destructor removes it and its SQLite
/// files (journal, WAL) unless it was published. If the process is killed first, no file has the
/// target's name, and the next process that makes a draft for the same target removes the hidden
/// file.
class Draft {
 public:
  /// `what`: its kind, for messages: "cannot make WHAT TARGET: …". Throws core::Error.
  Draft(std::string what, std::string target);
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  [[nodiscard]] const std::string& path() const { return draft_.path(); }

  /// Syncs the file, gives it its name, and syncs the folder. False if the name exists; nothing is
  /// ever replaced. Throws core::Error.
  [[nodiscard]] bool publish();

 private:
  void require(int error) const;

  std::string what_;
  std::string target_;
  core::DraftFile draft_;  // its lock shows others that a process works on it
  bool published_ = false;
};

/// Removes the drafts of killed processes for targets whose names start like `begin` and continue
/// only with characters of `rest`. Drafts that cannot be removed stay.
void remove_abandoned_drafts(const std::string& begin, std::string_view rest);

}  // namespace storage
