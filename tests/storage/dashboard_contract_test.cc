// What core::DashboardReader promises, held against every back end that --db can name.
#include "core/ledger/dashboard_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "storage/open_ledger.h"
#include "tests/storage/runs.h"

namespace {

std::vector<support::BackEndMaker> stored_back_ends() {
  std::vector<support::BackEndMaker> all = support::back_ends();
  std::erase_if(all, [](const support::BackEndMaker& one) { return one.name.ends_with("fake"); });
  return all;
}

class DashboardContract : public testing::TestWithParam<support::BackEndMaker> {
 protected:
  void save(const std::string& id, const std::string& model, const core::Labels& labels) {
    runs_.begin_run();
    runs_.import(
        std::vector{core::WantedTask{.id = entries::id(id), .model = model, .labels = labels}});
    runs_.hear(id, entries::success(id));
    runs_.save(id, "/v/" + id + ".mp4");
  }
  std::unique_ptr<core::DashboardReader> dashboard() {
    runs_.end();
    return storage::open_dashboard(runs_.back_end().ledger());
  }
  // The IDs of the videos, the newest first.
  static std::string found(core::DashboardReader& dashboard, const std::string& search) {
    core::GalleryPage page;
    page.count = 10;
    page.search = search;
    std::vector<std::string> ids;
    for (const core::ViewRow& row : dashboard.gallery(page)) {
      const auto id = std::find_if(row.begin(), row.end(),
                                   [](const auto& cell) { return cell.first == "task_id"; });
      ids.push_back(id == row.end() ? "?" : id->second.value_or("?"));
    }
    return runs::joined(std::move(ids), false);
  }

  runs::Runs runs_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(All, DashboardContract, testing::ValuesIn(stored_back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(DashboardContract, TheGalleryFindsPartsOfIdModelAndLabels) {
  save("Film-A", "Seedance-1.0", {{"customer", "Lumen & Co"}, {"note", "a\"b\\c"}});
  save("film_b", "", {{"ort", "Z\xC3\xBCrich"}, {"discount", "5%"}});
  save("x", "", {});
  const auto reader = dashboard();
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "x film_b Film-A"},
      {"FILM", "film_b Film-A"},
      {"film_", "film_b"},
      {"seedance-1", "Film-A"},
      {"customer lumen", "Film-A"},
      {"CUSTOMER", "Film-A"},
      {"a\"B\\c", "Film-A"},
      {"%", "film_b"},
      {"_", "film_b"},
      {"z\xC3\xBCr", "film_b"},
      {"Z\xC3\x9CR", ""},
      {"\":\"", ""},
      {"lumen & co note", ""},
  };
  for (const auto& [search, ids] : cases) {
    EXPECT_EQ(found(*reader, search), ids) << search;
  }
}

TEST_P(DashboardContract, KnowsWhichTasksThereAre) {
  save("a", "", {});
  const auto reader = dashboard();
  EXPECT_TRUE(reader->has_task("default", "a"));
  EXPECT_FALSE(reader->has_task("default", "A"));
  EXPECT_FALSE(reader->has_task("other", "a"));
}

}  // namespace
