// The cells of reports with their own format: groups and FOCUS.
#pragma once

#include <string>

#include "core/billing/line_csv.h"

namespace cmd {

struct ReportCell {
  using Kind = core::CellKind;
  Kind kind = Kind::text;
  std::string text;  ///< empty: no value
};

}  // namespace cmd
