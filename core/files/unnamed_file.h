// A file for what does not fit into memory.
#pragma once

#include "core/files/descriptor.h"

namespace core {

/// Opens an empty file of mode 0600 in TMPDIR, else /tmp, that has no name: it is gone once it is
/// closed. If it is not valid, errno says why.
[[nodiscard]] Descriptor open_unnamed_file();

}  // namespace core
