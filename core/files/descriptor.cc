#include "core/files/descriptor.h"

#include <unistd.h>

#include <cerrno>

namespace core {

Descriptor::~Descriptor() {
  if (valid()) {
    // What was written has been synced by then, or does not count; a caller's errno is kept.
    const int error = errno;
    static_cast<void>(close(number_));
    errno = error;
  }
}

}  // namespace core
