#include "core/files/draft_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace core {

DraftFile::DraftFile(int folder, std::string target)
    : folder_(folder), target_(std::move(target)), path_(draft_path(target_)) {
  assert(folder == AT_FDCWD || folder >= 0);
}

DraftFile::~DraftFile() {
  if (to_remove_) {
    remove();
  }
}

int DraftFile::create() {
  assert(!file_.valid());
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  file_ = Descriptor(openat(folder_, path_.c_str(), kFlags, S_IRUSR | S_IWUSR));
  to_remove_ = file_.valid();
  return file_.valid() ? 0 : errno;
}

void DraftFile::remove() {
  static_cast<void>(unlinkat(folder_, path_.c_str(), 0));
  to_remove_ = false;
}

int DraftFile::write(std::string_view bytes) {
  assert(to_remove_);  // once published, the file is complete and stays
  std::size_t written = 0;
  const int error = write_at(file_.number(), bytes, size_, written);
  size_ += static_cast<off_t>(written);
  return error;
}

int DraftFile::sync() { return fsync(file_.number()) == 0 ? 0 : errno; }

int DraftFile::publish_as_new() {
  assert(to_remove_);
  const int error = move_without_replacing(folder_, path_, folder_, target_);
  to_remove_ = error != 0;
  return error;
}

int DraftFile::publish_over() {
  assert(to_remove_);
  const int error = renameat(folder_, path_.c_str(), folder_, target_.c_str()) == 0 ? 0 : errno;
  to_remove_ = error != 0;
  return error;
}

int DraftFile::sync_folder() const {
  if (folder_ != AT_FDCWD) {
    return core::sync_folder(folder_);
  }
  const auto parent = std::filesystem::absolute(target_).parent_path();
  const Descriptor opened(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.valid() ? core::sync_folder(opened.number()) : errno;
}

bool DraftFile::is_in_place() const { return is_named(file_.number(), folder_, target_); }

}  // namespace core
