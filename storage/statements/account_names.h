// The names of accounts by their keys.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "storage/statements/rows.h"

namespace storage {

/// The keys of all accounts by their names.
template <RowSource Rows>
[[nodiscard]] std::map<std::string, std::int64_t> account_keys(Rows& source) {
  std::map<std::string, std::int64_t> keys;
  auto rows = source.select("SELECT name, id FROM account", {});
  while (rows.step()) {
    keys.emplace(rows.text(0), rows.integer(1));
  }
  return keys;
}

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
