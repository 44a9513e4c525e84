#include "storage/sqlite/recorded_files.h"

#include <string>

namespace storage {

std::vector<int> RecordedFiles::gone(core::TaskKey task, const core::OnDisk& on_disk) {
  std::vector<int> indices;
  if (!on_disk) {
    return indices;
  }
  const Statement::Rewind rewind(saved_);
  saved_.bind(1, task);
  while (saved_.step()) {
    if (!on_disk(std::string(saved_.text(1)), saved_.integer(2))) {
      indices.push_back(static_cast<int>(saved_.integer(0)));
    }
  }
  return indices;
}

}  // namespace storage
