// Files beneath an open folder, without following links (design.md d4). Errors are errno values:
// the caller knows what they mean for a download.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "core/files/descriptor.h"

namespace core {

/// A path split into its folder ("" if none) and its name.
struct SplitPath {
  std::string folder;
  std::string name;
};
[[nodiscard]] SplitPath split_path(std::string_view path);

/// A hidden name beside `target` for an incomplete file, used only by this process. It has another
/// extension, because node_exporter reads every *.prom file in its folder.
[[nodiscard]] std::string draft_path(const std::string& target);

/// openat2 with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS; if the kernel or a
/// seccomp filter does not allow it, each part is opened with O_NOFOLLOW. Always O_CLOEXEC; never
/// waits for the other end of a FIFO. `path` has no empty, `.` or `..` part, or is "." for the
/// folder itself.
[[nodiscard]] Descriptor open_beneath(int folder, const std::string& path, int flags,
                                      mode_t mode = 0);

/// Whether `name` in the folder is the open file itself, not a link to it.
[[nodiscard]] bool is_named(int file, int folder, const std::string& name);

/// Gives an open file another name, which must be free. The new name leads to this very file, even
/// if its other names were changed in the meantime. Returns 0, EEXIST if the name exists, ENOENT if
/// the file has no name any more, EOPNOTSUPP without hard links (or /proc), or another errno.
[[nodiscard]] int link_file(int file, int to_folder, const std::string& to);

/// Moves a file to a name that must be free: renameat2 with RENAME_NOREPLACE; if the file system
/// lacks it (NFS), a hard link and unlink; if it lacks hard links too (exFAT, many FUSE ones), over
/// an empty file created for this. Returns 0, EEXIST if the name exists, or another errno.
[[nodiscard]] int move_without_replacing(int from_folder, const std::string& from, int to_folder,
                                         const std::string& to);

/// Writes all of `bytes` at `offset`; `written` is right also after a failure. Returns 0 or errno.
[[nodiscard]] int write_at(int file, std::string_view bytes, off_t offset, std::size_t& written);

/// fsync of a folder. EINVAL counts as success: the file system cannot sync folders. 0 or errno.
[[nodiscard]] int sync_folder(int folder);

}  // namespace core
