// What a report says about a cost, as the program's own pricing says it of examples.
#pragma once

#include <string>
#include <vector>

namespace packaging {

struct CostNote {
  std::string text;
  std::string when;
};

[[nodiscard]] std::vector<CostNote> cost_notes();

}  // namespace packaging
