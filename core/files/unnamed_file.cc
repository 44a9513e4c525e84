#include "core/files/unnamed_file.h"

#include <fcntl.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace core {

Descriptor open_unnamed_file() {
  const char* folder = std::getenv("TMPDIR");
  std::string name =
      std::string(folder == nullptr || *folder == '\0' ? "/tmp" : folder) + "/reeltally-XXXXXX";
  Descriptor file(mkostemp(name.data(), O_CLOEXEC));
  if (file.valid()) {
    std::remove(name.c_str());
  }
  return file;
}

}  // namespace core
