// Files beneath an open folder, following no link (design.md d4). Errors are errno values: the
// caller knows what they mean for a download.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "core/files/descriptor.h"

namespace core {

/// What a path says of a file: its folder ("" for none) and its name.
struct SplitPath {
  std::string folder;
  std::string name;
};
[[nodiscard]] SplitPath split_path(std::string_view path);

/// A hidden name beside `target` for a file that is not complete yet, used by this process only. It
/// has another extension, since node_exporter reads every *.prom file in its folder.
[[nodiscard]] std::string draft_path(const std::string& target);

/// openat2 with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS; where the kernel or
/// a seccomp filter has none, part by part with O_NOFOLLOW. Always O_CLOEXEC, never waits for the
/// other end of a FIFO. `path` has no empty, `.` or `..` part, or is "." for the folder itself.
[[nodiscard]] Descriptor open_beneath(int folder, const std::string& path, int flags,
                                      mode_t mode = 0);

/// Whether `name` in a folder is the open file itself, not a link to it.
[[nodiscard]] bool is_named(int file, int folder, const std::string& name);

/// Gives an open file one more name, which must be free. The new name leads to that very file, even
/// if its other names were changed meanwhile. 0, EEXIST when the name is taken, ENOENT when the
/// file has no name any more, EOPNOTSUPP where there are no hard links (or no /proc), or another
/// errno.
[[nodiscard]] int link_file(int file, int to_folder, const std::string& to);

/// Moves a file to a name that must be free: renameat2 with RENAME_NOREPLACE; where the file system
/// has none (NFS), a hard link and unlink; where it has no hard links either (exFAT, many of FUSE),
/// over an empty file made for it. 0, EEXIST when the name is taken, or another errno.
[[nodiscard]] int move_without_replacing(int from_folder, const std::string& from, int to_folder,
                                         const std::string& to);

/// Writes all of `bytes` at `offset`; `written` counts even when it fails. 0 or errno.
[[nodiscard]] int write_at(int file, std::string_view bytes, off_t offset, std::size_t& written);

/// fsync of a folder. EINVAL counts as success: such a file system cannot sync folders. 0 or errno.
[[nodiscard]] int sync_folder(int folder);

}  // namespace core
