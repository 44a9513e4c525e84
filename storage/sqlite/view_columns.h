// The views of a ledger and their columns.
#pragma once

#include <string>
#include <vector>

namespace storage {

struct ViewColumns {
  std::string name;
  std::vector<std::string> columns;
};

/// The stable views (their names begin with `v_`) of a new ledger, by name. Throws core::Error if
/// there is no memory for it.
[[nodiscard]] std::vector<ViewColumns> stable_views();

}  // namespace storage
