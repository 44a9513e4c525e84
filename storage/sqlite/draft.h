// A ledger file that gets its name only once it is complete.
#pragma once

#include <string>
#include <string_view>

#include "core/files/draft_file.h"

namespace storage {

/// An empty private file (0600) hidden beside `target`. Removed at the end with its SQLite files
/// (journal, WAL) unless it was published. If the process is killed first, nothing has the target's
/// name; the next process that makes a draft for the same target removes the hidden file.
class Draft {
 public:
  /// `what` it will be, for messages: "cannot make WHAT TARGET: …". Throws core::Error.
  Draft(std::string what, std::string target);
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  [[nodiscard]] const std::string& path() const { return draft_.path(); }

  /// Syncs the file, gives it its name, and syncs the folder. False when the name is taken; nothing
  /// is ever replaced. Throws core::Error.
  [[nodiscard]] bool publish();

 private:
  void require(int error) const;

  std::string what_;
  std::string target_;
  core::DraftFile draft_;  // its lock tells others that a process works on it
  bool published_ = false;
};

/// Removes the drafts that killed processes left for targets whose names begin with that of
/// `begin`, and go on in characters of `rest` alone. What cannot be removed stays.
void remove_abandoned_drafts(const std::string& begin, std::string_view rest);

}  // namespace storage
