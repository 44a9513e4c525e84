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
  // Its days and counts, "name=value" of each cell.
  static std::string text_of(const std::vector<core::ViewRow>& rows) {
    std::string text;
    for (const core::ViewRow& row : rows) {
      for (const auto& [name, value] : row) {
        text += (name == row.front().first ? "" : " ") + name + "=" + value.value_or("-");
      }
      text += "; ";
    }
    return text;
  }

  runs::Runs runs_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(All, DashboardContract, testing::ValuesIn(runs::stored_back_ends()),
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

TEST_P(DashboardContract, CountsWhatFinishedByDayReasonAndLabel) {
  save("a", "", {{"customer", "Lumen"}});
  save("b", "", {{"customer", "Lumen"}, {"film", "7"}});
  runs_.begin_run();
  runs_.import(
      std::vector{core::WantedTask{.id = entries::id("c"), .labels = {{"customer", "Lumen"}}}});
  runs_.hear("c", entries::failure("c"));
  const auto reader = dashboard();
  const core::UtcTime long_ago{};
  EXPECT_EQ(text_of(reader->days(long_ago)), "day=20605 succeeded=2 failed=1; ");
  EXPECT_EQ(text_of(reader->failures(long_ago, 10)), "reason=task failed tasks=1; ");
  EXPECT_EQ(text_of(reader->labels(long_ago, 10)),
            "label=customer value=Lumen tasks=3 succeeded=2 failed=1; "
            "label=film value=7 tasks=1 succeeded=1 failed=0; ");
  EXPECT_EQ(reader->labels(long_ago, 1).size(), 1U);
  const core::UtcTime to_come = core::UtcTime::max();
  EXPECT_TRUE(reader->days(to_come).empty());
  EXPECT_TRUE(reader->failures(to_come, 10).empty());
  EXPECT_TRUE(reader->labels(to_come, 10).empty());
}

TEST_P(DashboardContract, ListsWantedVideosBySoonestExpiryAndFindsSavedOnes) {
  save("there", "", {});
  runs_.run_with({"later", "soon", "never"});
  runs_.hear("later", entries::success("later", "1780371400"));
  runs_.hear("soon", entries::success("soon", "1780371300"));
  runs_.hear("never", entries::success("never", ""));
  const auto reader = dashboard();
  std::string ids;
  for (const core::ViewRow& row : reader->expiring(10)) {
    ids += row.at(1).second.value_or("?") + " ";
  }
  EXPECT_EQ(ids, "soon never later ") << "an unstated expiry is assumed to be a day away";
  EXPECT_EQ(reader->expiring(1).size(), 1U);
  const auto saved = reader->saved_video("default", "there", 1);
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->at(0).second, "/v/there.mp4");
  EXPECT_FALSE(reader->saved_video("default", "soon", 1)) << "it is not on disk";
  EXPECT_FALSE(reader->saved_video("default", "there", 2));
}

TEST_P(DashboardContract, KnowsWhichTasksThereAre) {
  save("a", "", {});
  const auto reader = dashboard();
  EXPECT_TRUE(reader->has_task("default", "a"));
  EXPECT_FALSE(reader->has_task("default", "A"));
  EXPECT_FALSE(reader->has_task("other", "a"));
}

}  // namespace
