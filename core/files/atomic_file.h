// A small file that appears complete or not at all.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/files/draft_file.h"

namespace core {

/// Modes of files: readable by other users (metrics), and private ones.
inline constexpr mode_t kReadableByAll = 0644;
inline constexpr mode_t kOwnerOnly = 0600;

/// A hidden file beside `path` that replaces `path` when it is published; otherwise it is removed.
/// If `path` is a symbolic link, its target is replaced, as with curl's -o: the link stays. Every
/// function throws core::Error that names `path`.
class AtomicFile {
 public:
  /// Also throws if `path` must not be replaced: a folder, a device, a pipe, or an SQLite database,
  /// which a typing error would destroy.
  explicit AtomicFile(const std::string& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view text);
  /// Syncs the file and sets `mode` whatever the umask is. After this only the rename can fail, so
  /// two files that belong together are both prepared before either is published.
  void prepare(mode_t mode);
  /// Renames the prepared file over `path`.
  void publish();

 private:
  void require(int error, const char* what) const;

  std::string path_;
  DraftFile draft_;  // for the target of `path_`
};

/// Writes `text` to a hidden file beside `path`, syncs it, sets `mode` whatever the umask is, and
/// renames it over `path`. Throws core::Error that names `path`, and then leaves no file behind.
void write_atomically(const std::string& path, std::string_view text, mode_t mode);

}  // namespace core
