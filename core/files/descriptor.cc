#include "core/files/descriptor.h"

#include <unistd.h>

#include <cerrno>

namespace core {

Descriptor::~Descriptor() {
  if (valid()) {
    // An error of close is ignored: data that must survive was synced before. Keeps the caller's
    // errno.
    const int error = errno;
    static_cast<void>(close(number_));
    errno = error;
  }
}

}  // namespace core
