#include "storage/sqlite/private_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "core/error.h"
#include "core/files/beneath.h"

namespace storage {

void make_private_folder(const std::filesystem::path& folder) {
  std::error_code unknown;
  if (folder.empty() || std::filesystem::exists(folder, unknown)) {
    return;
  }
  make_private_folder(folder.parent_path());
  // The umask can only remove rights from mkdir's mode; chmod restores those of the owner.
  if ((mkdir(folder.c_str(), S_IRWXU) != 0 || chmod(folder.c_str(), S_IRWXU) != 0) &&
      errno != EEXIST) {
    throw core::Error("cannot make the ledger's folder " + folder.string() + ": " +
                      core::errno_text(errno) + "; choose another place with --db");
  }
  // A power failure must not remove the ledger together with its folder.
  const core::Descriptor parent(
      open(folder.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (const int error = parent.valid() ? core::sync_folder(parent.number()) : 0; error != 0) {
    throw core::Error("cannot sync the folder of " + folder.string() + ": " +
                      core::errno_text(error));
  }
}

}  // namespace storage
