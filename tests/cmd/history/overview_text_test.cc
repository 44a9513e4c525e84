#include "cmd/history/overview_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const core::UtcTime kNow{seconds(1'780'284'820)};  // 2026-06-01T03:33:40Z

core::ViewRow last_run(const std::string& exit_code, const std::string& not_answered) {
  const bool ended = !exit_code.empty();
  return {{"run_id", "17"},
          {"started_at", "2026-06-01T03:20:00.500Z"},
          {"took_ms", ended ? std::optional<std::string>("200000") : std::nullopt},
          {"exit_code", ended ? std::optional(exit_code) : std::nullopt},
          {"not_answered", not_answered},
          {"errors", "{}"}};
}

core::LedgerOverview some() {
  core::LedgerOverview overview;
  overview.totals = {.tasks = 12,
                     .unfinished = 2,
                     .succeeded = 9,
                     .failed = 1,
                     .videos_wanted = 1,
                     .videos_done = 8,
                     .video_bytes = 9'000'000,
                     .oldest_unfinished = kNow - hours(3) - minutes(12),
                     .soonest_expiry = kNow + hours(20)};
  overview.groups = {{.account = "default",
                      .model = "kling-v2",
                      .tasks = 11,
                      .unfinished = 1,
                      .succeeded = 9,
                      .failed = 1,
                      .videos_done = 8,
                      .bytes = 8'388'608},
                     {.account = "studio", .model = "", .tasks = 1, .unfinished = 1}};
  overview.pending = {{.account = "default", .tasks = 1, .videos = 1},
                      {.account = "studio", .tasks = 1, .videos = 0}};
  return overview;
}

std::string text(const core::LedgerOverview& overview,
                 const std::optional<core::ViewRow>& run = {}) {
  std::ostringstream out;
  cmd::print_overview(out, overview, run, kNow);
  return out.str();
}

TEST(OverviewText, SaysWhatALedgerHas) {
  EXPECT_EQ(
      text(some(), last_run("3", "1")),
      "last run 17: began 2026-06-01T03:20:00Z (13m 39s ago), took 3m 20s, exit code 3\n"
      "  1 not answered\n"
      "\n"
      "tasks                           12\n"
      "  succeeded                      9\n"
      "  failed                         1\n"
      "  unfinished                     2  oldest 2026-06-01T00:21:40Z (3h 12m ago)\n"
      "    of these stale               0\n"
      "  missing                        0\n"
      "videos on disk                   8  8.0 MiB\n"
      "  wanted                         1  soonest expiry 2026-06-01T23:33:40Z (in 20h 00m)\n"
      "  failed                         0\n"
      "  expired                        0\n"
      "\n"
      "account, model                tasks  succeeded     failed unfinished    missing\n"
      "default, kling-v2                11          9          1          1          0\n"
      "  8 videos, 8.0 MiB\n"
      "studio, no model                  1          0          0          1          0\n"
      "\n"
      "`reeltally run --pending` would ask about 1 task and fetch 1 video\n"
      "`reeltally run --pending --account studio` would ask about 1 task and fetch 0 videos\n");
}

TEST(OverviewText, LongNamesOfModelsAreComplete) {
  core::LedgerOverview overview = some();
  overview.groups.front().model = "doubao-seedance-2-0-260128";
  const std::string all = text(overview);
  EXPECT_NE(
      all.find("\ndefault, doubao-seedance-2-0-260128\n"
               "                                 11          9          1          1          0\n"
               "  8 videos, 8.0 MiB\n"),
      std::string::npos)
      << all;
}

TEST(OverviewText, OfARunWithoutAnEndSaysSo) {
  const std::string all = text(some(), last_run("", ""));
  EXPECT_TRUE(
      all.starts_with("last run 17: began 2026-06-01T03:20:00Z (13m 39s ago)\n"
                      "  has no end: it was killed, or is still at work\n"))
      << all;
}

TEST(OverviewText, OfAnEmptyLedgerSaysThatThereIsNothingToDo) {
  const std::string all = text({});
  EXPECT_TRUE(all.starts_with("tasks ")) << all;
  EXPECT_TRUE(
      all.ends_with("\n\na run now would find nothing to do, unless a FILE names new tasks\n"))
      << all;
}

TEST(OverviewText, StaysWithinEightyColumnsWhateverNamesThereAre) {
  core::LedgerOverview overview = some();
  overview.groups.front().model = std::string(300, 'm');
  overview.groups.back().account =
      "\xE6\x97\xA5\xE6\x9C\xAC\xE6\x97\xA5\xE6\x9C\xAC\xE6\x97\xA5\xE6\x9C"
      "\xAC\xE6\x97\xA5\xE6\x9C\xAC\xE6\x97\xA5\xE6\x9C\xAC";
  overview.pending.pop_back();
  core::ViewRow run = last_run("3", "1");
  run.back().second = R"({"a_very_long_kind_of_error_that_nobody_has_seen":1,"and_another_one":2})";
  std::istringstream lines(text(overview, run));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U + 24U) << line;  // 12 letters of three bytes take two columns each
  }
}

TEST(OverviewText, ManyGroupsAreCut) {
  core::LedgerOverview overview = some();
  overview.groups.assign(40, overview.groups.front());
  EXPECT_NE(text(overview).find("\n10 more (--json has all)\n"), std::string::npos);
}

TEST(OverviewText, JsonHasNumbersAndAllGroups) {
  std::ostringstream out;
  cmd::print_overview_json(out, some(), last_run("3", "1"));
  const auto json = nlohmann::json::parse(out.str());
  EXPECT_EQ(json["type"], "totals");
  EXPECT_EQ(json["tasks"], 12);
  EXPECT_EQ(json["bytes"], 8'388'608) << "of those on disk";
  EXPECT_EQ(json["soonest_expiry"], "2026-06-01T23:33:40Z");
  EXPECT_EQ(json["last_run"]["run_id"], 17);
  EXPECT_EQ(json["last_run"]["exit_code"], 3);
  ASSERT_EQ(json["groups"].size(), 2U);
  EXPECT_EQ(json["groups"][0]["model"], "kling-v2");
  EXPECT_TRUE(json["groups"][1]["model"].is_null());
  EXPECT_EQ(json["pending"],
            nlohmann::json::parse(R"([{"account":"default","tasks":1,"videos":1},)"
                                  R"({"account":"studio","tasks":1,"videos":0}])"));
}

}  // namespace
