#include "cmd/doctor/folder_state.h"

#include <unistd.h>

namespace cmd {

namespace fs = std::filesystem;

fs::path existing_part(fs::path path) {
  path = fs::absolute(path);
  std::error_code ignored;
  while (!fs::exists(path, ignored) && path.has_relative_path()) {
    path = path.parent_path();
  }
  return path;
}

bool may_write_in(const fs::path& folder) {
  return fs::is_directory(folder) && ::access(folder.c_str(), W_OK | X_OK) == 0;
}

}  // namespace cmd
