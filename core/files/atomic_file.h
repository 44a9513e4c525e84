// A small file that appears complete or not at all.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/files/draft_file.h"

namespace core {

/// Modes of files: of those that others read (metrics), and of those that they must not.
inline constexpr mode_t kReadableByAll = 0644;
inline constexpr mode_t kOwnerOnly = 0600;

/// A hidden file beside `path` that takes its place when it is published; it is gone otherwise.
/// Where `path` is a symbolic link, all this is about its target, as with curl's -o: the link
/// stays. Every function throws core::Error that names `path`.
class AtomicFile {
 public:
  /// Also throws for a `path` that is no file to replace: a folder, a device, a pipe, or an SQLite
  /// database, which a typing error would destroy.
  explicit AtomicFile(const std::string& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view text);
  /// Syncs the file and gives it `mode` whatever the umask is. Only the rename can fail after this,
  /// so two files that belong together are both prepared before either is published.
  void prepare(mode_t mode);
  /// Renames the file, which was prepared, over `path`.
  void publish();

 private:
  void require(int error, const char* what) const;

  std::string path_;
  DraftFile draft_;  // of what `path_` leads to
};

/// Writes `text` to a hidden file beside `path`, syncs it, gives it `mode` whatever the umask is,
/// and renames it over `path`. Throws core::Error that names `path`; nothing is left behind then.
void write_atomically(const std::string& path, std::string_view text, mode_t mode);

}  // namespace core
