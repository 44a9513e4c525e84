// Write to a temporary file, sync it, rename it, sync the folder: the one place that does so.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/files/beneath.h"

namespace core {

/// A hidden file beside its target that takes the target's name once it is complete; removed at the
/// end if it did not. What the functions return is 0 or errno: the caller knows what a failure
/// means to a user. One thread at a time.
class DraftFile {
 public:
  /// `target` is a path from `folder`, which is open and outlives this object, or AT_FDCWD.
  DraftFile(int folder, std::string target);
  ~DraftFile();
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;

  /// Of the draft, from `folder`.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Of the draft's file, while it is open.
  [[nodiscard]] int descriptor() const { return file_.number(); }

  /// Makes the draft: empty, 0600 less the umask. EEXIST: another one has its name.
  [[nodiscard]] int create();
  /// Removes the draft, or one that a process with this one's number left when it died.
  void remove();

  /// Adds bytes at the end.
  [[nodiscard]] int write(std::string_view bytes);
  [[nodiscard]] int sync();

  /// Gives the draft the target's name; EEXIST when that is taken.
  [[nodiscard]] int publish_as_new();
  /// The same, in place of what has the name.
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
  bool to_remove_ = false;  // made, and not published
};

}  // namespace core
