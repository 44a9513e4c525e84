#include "core/video/local/beside_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/error.h"
#include "core/files/draft_file.h"
#include "core/files/read_whole.h"

namespace core {
namespace {

constexpr std::int64_t kReplacedBytesMax = std::int64_t{1} << 20U;  // labels are the largest part

void require(int error, const std::string& path) {
  if (error != 0) {
    throw Error("cannot write the sidecar " + path + ": " +
                (error == ELOOP || error == ENOTDIR
                     ? "a symbolic link or a file is in the way, and no link is followed"
                     : errno_text(error)));
  }
}

// Whether the existing file with this name may be replaced.
bool may_replace(int folder, const std::string& name, const BesideFile& beside) {
  const Descriptor file = open_beneath(folder, name, O_RDONLY);
  struct stat status {};
  if (!file.valid() || fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > kReplacedBytesMax) {
    return false;
  }
  std::string text;
  // A file that cannot be read completely is not replaced either.
  static_cast<void>(read_whole(file.number(), [&](std::string_view piece) { text += piece; }));
  return beside.may_replace(text);
}

}  // namespace

void write_beside(const OutputFolder& output, const BesideFile& beside) {
  const SplitPath split = split_path(beside.path);
  const Descriptor folder = output.open_existing(split_path(output.relative(beside.path)).folder);
  require(folder.valid() ? 0 : errno, beside.path);
  DraftFile draft(folder.number(), split.name);
  draft.remove();
  require(draft.create(), beside.path);
  require(draft.write(beside.text), beside.path);
  require(draft.sync(), beside.path);
  int error = draft.publish_as_new();
  if (error == EEXIST && may_replace(folder.number(), split.name, beside)) {
    error = draft.publish_over();
  }
  if (error == EEXIST) {
    throw Error("the sidecar " + beside.path +
                " was not written: a file that is not ours has its name");
  }
  require(error, beside.path);
  if (!draft.is_in_place()) {
    throw Error("the sidecar " + beside.path + " was replaced by another program at the same time");
  }
  require(draft.sync_folder(), beside.path);
}

}  // namespace core
