// The parts of the progress block that are drawn: the bar, and a line for each video under way.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cmd/run/progress.h"

namespace cmd {

/// "[#####-----]  50 %", `columns` wide at most; empty if the size of the run is not known. 100 %
/// only when all is done.
[[nodiscard]] std::string progress_bar(const ProgressCounts& counts, const Screen& screen);

/// The videos under way in the order of `counts`, at most `lines` lines; the last one may say how
/// many more there are.
[[nodiscard]] std::vector<std::string> video_lines(const ProgressCounts& counts,
                                                   const Screen& screen, std::size_t lines);

}  // namespace cmd
