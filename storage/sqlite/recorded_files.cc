#include "storage/sqlite/recorded_files.h"

namespace storage {

std::vector<int> RecordedFiles::gone(core::TaskKey task, const core::OnDisk& on_disk) {
  if (!on_disk) {
    return {};
  }
  const Statement::Rewind rewind(saved_);
  saved_.bind(1, task);
  return gone_of(saved_, on_disk);
}

}  // namespace storage
