// A temporary file for data that does not fit into memory.
#pragma once

#include "core/files/descriptor.h"

namespace core {

/// Opens an empty file of mode 0600 without a name, in TMPDIR, else in /tmp: it is deleted when
/// closed. If it is not valid, errno has the reason.
[[nodiscard]] Descriptor open_unnamed_file();

}  // namespace core
