// The columns of a row of a view by name, for tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "core/ledger/ledger_reader.h"

namespace runs {

using Columns = std::map<std::string, std::optional<std::string>>;

inline Columns columns(const core::ViewRow& row) { return {row.begin(), row.end()}; }

/// Expects that the row has all these values.
inline void expect_columns(const core::ViewRow& row, const Columns& expected) {
  const Columns found = columns(row);
  for (const auto& [name, value] : expected) {
    ASSERT_TRUE(found.contains(name)) << name;
    EXPECT_EQ(found.at(name), value) << name;
  }
}

}  // namespace runs
