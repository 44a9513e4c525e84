#include "storage/sqlite/view_columns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "storage/sqlite/database.h"
#include "tests/storage/small_ledger.h"

namespace {

using ViewColumnsTest = SmallLedgerTest;

TEST_F(ViewColumnsTest, EachStableViewHasTheseColumnsInALedger) {
  const std::vector<storage::ViewColumns> views = storage::stable_views();
  ASSERT_GT(views.size(), 5U);
  EXPECT_TRUE(std::is_sorted(views.begin(), views.end(), [](const auto& one, const auto& other) {
    return one.name < other.name;
  }));
  const auto ledger = storage::open_for_reading(path_);
  for (const storage::ViewColumns& view : views) {
    EXPECT_TRUE(view.name.starts_with("v_")) << view.name;
    const SQLite::Statement all(*ledger, "SELECT * FROM " + view.name);
    std::vector<std::string> columns;
    for (int i = 0; i < all.getColumnCount(); ++i) {
      columns.emplace_back(all.getColumnName(i));
    }
    EXPECT_EQ(view.columns, columns) << view.name;
  }
}

}  // namespace
