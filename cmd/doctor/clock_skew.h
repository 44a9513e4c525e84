// How far another machine's clock may be from ours.
#pragma once

#include <chrono>

namespace cmd {

// Video links are valid for hours, so a clock that is minutes off is only a warning.
inline constexpr std::chrono::seconds kSkewNoted{5};
inline constexpr std::chrono::seconds kSkewMax{120};

}  // namespace cmd
