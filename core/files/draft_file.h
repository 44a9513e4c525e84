// The only place that writes a temporary file, syncs it, renames it and syncs the folder.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/files/beneath.h"

namespace core {

/// A hidden file beside its target that gets the target's name once it is complete; otherwise the
/// destructor removes it. The functions return 0 or errno: the caller knows what a failure means to
/// the user. One thread at a time.
class DraftFile {
 public:
  /// `target` is relative to `folder`, an open folder that outlives this object, or AT_FDCWD.
  DraftFile(int folder, std::string target);
  ~DraftFile();
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;

  /// The draft's path, relative to `folder`.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The draft's descriptor while it is open.
  [[nodiscard]] int descriptor() const { return file_.number(); }

  /// Creates the draft: empty, mode 0600 less the umask. EEXIST if the name exists.
  [[nodiscard]] int create();
  /// Removes the draft, or one left by a dead process with the same process ID.
  void remove();

  /// Appends bytes.
  [[nodiscard]] int write(std::string_view bytes);
  [[nodiscard]] int sync();

  /// Gives the draft the target's name; EEXIST if it exists.
  [[nodiscard]] int publish_as_new();
  /// Gives the draft the target's name and replaces an existing file.
  [[nodiscard]] int publish_over();
  /// Makes the new name durable.
  [[nodiscard]] int sync_folder() const;
  /// Whether the target's name still leads to this file.
  [[nodiscard]] bool is_in_place() const;

 private:
  int folder_;
  std::string target_;
  std::string path_;
  Descriptor file_;
  off_t size_ = 0;
  bool to_remove_ = false;  // created and not published
};

}  // namespace core
