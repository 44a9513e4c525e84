// The names of accounts by their keys.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "storage/statements/rows.h"

namespace storage {

class AccountNames {
 public:
  template <RowSource Rows>
  explicit AccountNames(Rows& source) {
    auto rows = source.select("SELECT id, name FROM account", {});
    while (rows.step()) {
      names_.emplace(rows.integer(0), rows.text(1));
    }
  }

  /// Throws core::Error for an unknown key, which only a damaged ledger has.
  [[nodiscard]] const std::string& name(std::int64_t key) const;
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::map<std::int64_t, std::string> names_;
};

}  // namespace storage
