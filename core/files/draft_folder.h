// A folder that appears complete or not at all.
#pragma once

#include <string>

#include "core/files/descriptor.h"

namespace core {

/// A hidden folder beside its target; the destructor removes it, unless it was published. Every
/// method throws Error that names the target.
class DraftFolder {
 public:
  /// Also removes what killed processes left of the same target.
  explicit DraftFolder(std::string target);
  ~DraftFolder();
  DraftFolder(const DraftFolder&) = delete;
  DraftFolder& operator=(const DraftFolder&) = delete;

  /// Where to put the files.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Gives the folder the target's name, which must be free, or an empty folder. The files are
  /// synced before.
  void publish();

 private:
  void require(bool done, const char* what) const;

  std::string target_;
  std::string path_;
  Descriptor folder_;  // locked as long as this process lives
  bool to_remove_ = false;
};

}  // namespace core
