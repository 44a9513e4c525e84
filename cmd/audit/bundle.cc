#include "cmd/audit/bundle.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <system_error>

#include "core/error.h"
#include "core/files/atomic_file.h"
#include "core/files/descriptor.h"
#include "core/files/read_whole.h"
#include "core/files/sha256.h"
#include "core/files/ustar.h"
#include "storage/answers/zstd_writer.h"

namespace cmd {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kArchiveEnd = ".tar";
constexpr std::string_view kSums = "SHA256SUMS";

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') {
    path.pop_back();
  }
  return path;
}

// A wrong name must not cost the time of an audit, and a bundle must not replace another one, which
// `db prune` may rely on.
std::string checked_output(const std::string& output) {
  constexpr const char* kAdvice = "; name a new folder, or a new file that ends with .tar";
  const fs::path path(output);
  const fs::file_status status = fs::symlink_status(path);
  const bool is_archive = output.ends_with(kArchiveEnd);
  if (fs::exists(status) &&
      (is_archive || status.type() != fs::file_type::directory || !fs::is_empty(path))) {
    throw core::UsageError("--output " + output + " is there already" + kAdvice);
  }
  if (path.filename() == "." || path.filename() == "..") {
    throw core::UsageError("--output " + output + " cannot become the folder" + kAdvice);
  }
  for (const char* other : {".tgz", ".tar.gz", ".tar.zst", ".zip", ".TAR"}) {
    if (output.ends_with(other)) {
      throw core::UsageError("--output " + output +
                             " has the name of an archive that audit does "
                             "not write" +
                             kAdvice);
    }
  }
  return output;
}

void read_file(const std::string& path, const std::function<void(std::string_view)>& take) {
  const core::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int error = file.valid() ? core::read_whole(file.number(), take) : errno;
  if (error != 0) {
    throw core::Error("cannot read " + path + ": " + core::errno_text(error));
  }
}

}  // namespace

// In an archive the files are collected in a folder beside it, because a header has the size.
Bundle::Bundle(const std::string& output)
    : output_(checked_output(without_slashes(output))),
      is_archive_(output_.ends_with(kArchiveEnd)),
      draft_(is_archive_ ? output_ + ".files" : output_) {}

std::string Bundle::path(std::string_view name) const { return (draft_.path() + '/').append(name); }

void Bundle::add(std::string_view name, std::string_view text) {
  core::write_atomically(path(name), text, core::kOwnerOnly);
}

void Bundle::compress(std::string_view name) {
  core::AtomicFile file(path(name) + ".zst");
  storage::ZstdWriter frame([&file](std::string_view bytes) { file.write(bytes); });
  read_file(path(name), [&frame](std::string_view piece) { frame.add(piece); });
  frame.finish();
  file.prepare(core::kOwnerOnly);
  file.publish();
  fs::remove(path(name));
}

std::vector<std::string> Bundle::names() const {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(draft_.path())) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Bundle::seal() {
  std::string sums;
  for (const std::string& name : names()) {
    core::Sha256 hash;
    read_file(path(name), [&hash](std::string_view piece) { hash.update(piece); });
    sums += core::hex(hash.finish()) + "  " + name + '\n';
  }
  add(kSums, sums);
  return core::sha256_hex(sums);
}

void Bundle::publish(const std::string& root) {
  if (is_archive_) {
    write_archive(root);
  } else {
    draft_.publish();
  }
}

void Bundle::write_archive(const std::string& root) const {
  core::AtomicFile file(output_);
  core::Ustar archive([&file](std::string_view bytes) { file.write(bytes); });
  for (const std::string& name : names()) {
    archive.begin(std::string(root).append(1, '/').append(name), fs::file_size(path(name)));
    read_file(path(name), [&archive](std::string_view piece) { archive.add(piece); });
  }
  archive.finish();
  file.prepare(core::kOwnerOnly);
  file.publish();
}

}  // namespace cmd
