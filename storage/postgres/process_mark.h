// Names a process of this or another machine, so that one that is gone is known to be.
#pragma once

#include <string>
#include <string_view>

namespace storage {

/// This process: the machine's boot, the process-ID namespace, the process's ID and start.
[[nodiscard]] std::string process_mark();

/// Whether that process is surely gone: it was one of this boot and this namespace, and is no more.
/// Of another machine's, or another container's, nothing is known.
[[nodiscard]] bool is_gone(std::string_view mark);

}  // namespace storage
