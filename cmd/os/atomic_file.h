// A small file that appears complete or not at all.
#pragma once

#include <sys/types.h>
#include <string>
#include <string_view>

namespace cmd {

/// Modes of the files that others read (metrics) and that they do not.
inline constexpr mode_t kReadableByAll = 0644;
inline constexpr mode_t kOwnerOnly = 0600;

/// A hidden file beside `path` that takes its place when it is published; it is gone otherwise.
/// Where `path` is a symbolic link, all this is about its target, as with curl's -o: the link
/// stays. Every function throws core::Error that names `path`.
class AtomicFile {
 public:
  /// Also throws for a `path` that is no file to replace: a folder, a device, a pipe, or an SQLite
  /// database, which a slip of the keyboard would cost.
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view text);
  /// Syncs the file and gives it `mode` whatever the umask is. What may fail is done then, so that
  /// two files can be published together.
  void prepare(mode_t mode);
  /// Renames the file, which was prepared, over `path`.
  void publish();

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string path_;
  std::string target_;  // what `path_` names in the end
  std::string draft_;
  int fd_ = -1;
  bool published_ = false;
};

/// Writes `text` to a hidden file beside `path`, syncs it, gives it `mode` whatever the umask is,
/// and renames it over `path`. Throws core::Error that names `path`; nothing is left behind then.
void write_atomically(const std::string& path, std::string_view text, mode_t mode);

}  // namespace cmd
