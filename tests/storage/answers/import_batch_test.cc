#include "storage/answers/import_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/storage/entries.h"

namespace {

using storage::ImportBatch;

ImportBatch batch_of(const std::vector<std::string>& ids) {
  ImportBatch batch;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    batch.add({.id = entries::id(ids[i]), .model = std::to_string(i), .labels = {}});
  }
  return batch;
}

std::vector<std::pair<std::string, std::string>> sorted(ImportBatch& batch) {
  batch.sort();
  std::vector<std::pair<std::string, std::string>> rows;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    rows.emplace_back(batch.row(i).id, batch.row(i).model);
  }
  return rows;
}

TEST(ImportBatch, KeepsEveryPartOfARow) {
  ImportBatch batch;
  batch.add(
      {.id = entries::id("b"), .model = "veo", .labels = {{"a \"b\"", "\xC3\xA4"}, {"c", ""}}});
  batch.add({.id = entries::id("a"), .model = "", .labels = {}});
  batch.sort();
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch.row(0).id, "a");
  EXPECT_EQ(batch.row(0).model, "");
  EXPECT_EQ(batch.row(0).labels, "");
  EXPECT_EQ(batch.row(1).id, "b");
  EXPECT_EQ(batch.row(1).model, "veo");
  EXPECT_EQ(batch.row(1).labels, R"text({"a \"b\"":"ä","c":""})text");
}

TEST(ImportBatch, OfTwoLabelsWithOneNameTheLastCounts) {
  ImportBatch batch;
  batch.add({.id = entries::id("a"), .model = "", .labels = {{"x", "1"}, {"y", "2"}, {"x", "3"}}});
  EXPECT_EQ(batch.row(0).labels, R"({"y":"2","x":"3"})");
}

// The order of SQLite's BINARY collation: by unsigned bytes, the shorter text first.
TEST(ImportBatch, SortsByBytesAndKeepsTheOrderOfEqualIds) {
  const std::string common(40, 'p');
  for (const std::string& prefix : {std::string(), std::string("task_"), common}) {
    std::vector<std::string> ids;
    for (const std::string end :
         {"b", "a", "\xC3\xA4", "~", "aaaaaaaaab", "aaaaaaaaaa", "a", "B", "aaaaaaaa", "a!", "b"}) {
      ids.push_back(prefix + end);
    }
    std::vector<std::pair<std::string, std::string>> expected;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      expected.emplace_back(ids[i], std::to_string(i));
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    ImportBatch batch = batch_of(ids);
    EXPECT_EQ(sorted(batch), expected) << prefix;
  }
}

TEST(ImportBatch, IsFullByBytesAndReadyForTheNextRows) {
  ImportBatch batch;
  const core::WantedTask task{
      .id = entries::id(std::string(191, 'x')), .model = std::string(1'000, 'm'), .labels = {}};
  std::size_t rows = 0;
  for (; !batch.full(); ++rows) {
    batch.add(task);
  }
  EXPECT_EQ(rows, (ImportBatch::kBytesMax + 1'190) / 1'191);
  batch.clear();
  EXPECT_FALSE(batch.full());
  EXPECT_EQ(batch.size(), 0U);
  batch.sort();
  batch.add({.id = entries::id("a"), .model = "", .labels = {}});
  EXPECT_EQ(batch.row(0).id, "a");
}

}  // namespace
