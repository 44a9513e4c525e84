#include "cmd/cli/file_trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace cmd {
namespace {

namespace fs = std::filesystem;

bool others_may_write(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
    return false;
  }
  return S_ISREG(status.st_mode) || (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) == 0);
}

// From the file upwards.
std::string first_writable(fs::path path) {
  while (true) {
    if (others_may_write(path)) {
      return path.string();
    }
    if (!path.has_relative_path()) {
      return {};
    }
    path = path.parent_path();
  }
}

}  // namespace

bool is_anothers(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid != 0 &&
         status.st_uid != ::geteuid();
}

std::string writable_by_others(const std::string& path) {
  std::error_code none;
  // With a symbolic link, the folders of both paths decide which file is read.
  const fs::path real = fs::canonical(path, none);
  const std::string found = none ? std::string() : first_writable(real);
  return found.empty() ? first_writable(fs::absolute(path).lexically_normal()) : found;
}

}  // namespace cmd
