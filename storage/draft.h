// A file of the ledger's that gets its name only when it is whole.
#pragma once

#include <string>

namespace storage {

/// An empty private file (0600) hidden beside `target`, removed at the end unless it was published.
/// Who is killed before that leaves nothing under the name itself.
class Draft {
 public:
  /// `what` it will be, for messages: "cannot make WHAT TARGET: …". Throws core::Error.
  Draft(std::string what, std::string target);
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Syncs the file, gives it its name, and syncs the folder. False when the name is taken; nothing
  /// is ever replaced. Throws core::Error.
  [[nodiscard]] bool publish();

 private:
  [[noreturn]] void fail(int error) const;

  std::string what_;
  std::string target_;
  std::string path_;
  bool published_ = false;
};

}  // namespace storage
