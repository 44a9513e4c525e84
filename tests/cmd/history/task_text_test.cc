#include "cmd/history/task_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace {

using std::chrono::seconds;

const core::UtcTime kNow{seconds(1'780'284'820)};  // 2026-06-01T03:33:40Z

core::ViewRow task(const std::string& state, core::ViewRow more = {}) {
  core::ViewRow row{{"account", "default"}, {"task_id", "t1"}, {"state", state}};
  row.insert(row.end(), more.begin(), more.end());
  return row;
}

std::string story(core::TaskHistory history, const std::vector<std::string>& costs = {}) {
  std::ostringstream out;
  cmd::print_task_story(out, history, costs, kNow);
  return out.str();
}

core::SnapshotRecord answer() {
  return {.columns = {{"observed_at", "2026-06-01T03:30:00.250Z"},
                      {"http_status", "200"},
                      {"status", "SUCCESS"}},
          .usage = {{{"name", "SR"}, {"value", "1080"}}},
          .answer = "{}"};
}

TEST(TaskText, TellsWhatBecameOfASuccess) {
  core::TaskHistory history;
  history.task = task("succeeded", {{"model", "kling-v2"},
                                    {"submit_time", "2026-06-01T03:00:00Z"},
                                    {"start_time", "2026-06-01T03:00:10Z"},
                                    {"finish_time", "2026-06-01T03:04:00Z"},
                                    {"resolution", "1080p"},
                                    {"output_seconds", "5"},
                                    {"quota", "55000"},
                                    {"labels", R"({"customer":"ACME","n":3})"}});
  history.snapshots = {answer(), answer()};
  history.videos = {
      {{"video_index", "1"}, {"state", "done"}, {"path", "/v/t1.mp4"}, {"bytes", "2048"}}};
  EXPECT_EQ(
      story(history, {"12.6 CNY", "3 CNY for super resolution"}),
      "t1: succeeded\n"
      "  made       kling-v2, 1080p, 5 s\n"
      "  time       submitted 2026-06-01T03:00:00Z, queued 10s, made in 3m 50s, finished "
      "2026-06-01T03:04:00Z\n"
      "  video      on disk, 2.0 KiB: /v/t1.mp4\n"
      "  cost       12.6 CNY, 3 CNY for super resolution\n"
      "  quota      55000 by the gateway's own count\n"
      "  labels     customer ACME, n 3\n"
      "  account    default\n"
      "  asked      2 answers, the last 2026-06-01T03:30:00Z (3m 39s ago): HTTP 200 SUCCESS\n");
}

TEST(TaskText, TellsTheStateOfOthers) {
  const std::vector<std::pair<core::ViewRow, std::string>> cases{
      {task("failed", {{"fail_reason", "too dark"}}), "t1: failed: too dark\n"},
      {task("failed"), "t1: failed\n"},
      {task("missing"), "t1: missing: the gateway does not find it\n"},
      {task("unfinished", {{"first_seen", "2026-06-01T03:33:00.000Z"},
                           {"status", "IN_PROGRESS"},
                           {"progress", "30%"},
                           {"stale", "0"}}),
       "t1: unfinished since 2026-06-01T03:33:00Z (40s ago), IN_PROGRESS, 30%\n"},
      {task("unfinished", {{"stale", "1"}}),
       "t1: unfinished, stale: asked only when a FILE names it\n"},
      {task("forgotten"), "t1: forgotten: taken back, a FILE that names it brings it back\n"}};
  for (const auto& [row, expected] : cases) {
    core::TaskHistory history;
    history.task = row;
    EXPECT_EQ(story(history), expected + "  account    default\n  asked      none yet\n");
  }
}

TEST(TaskText, TellsWhereEachVideoIs) {
  core::TaskHistory history;
  history.task = task("succeeded");
  const auto video = [](const std::string& index, const std::string& state, core::ViewRow more) {
    core::ViewRow row{{"video_index", index}, {"state", state}};
    row.insert(row.end(), more.begin(), more.end());
    return row;
  };
  history.videos = {
      video("1", "wanted", {{"expires_at", "2026-06-01T03:34:40Z"}, {"last_error", "HTTP 403"}}),
      video("2", "expired", {{"expires_at", "2026-06-01T03:32:40Z"}}),
      video("3", "failed", {{"attempts", "2"}, {"last_error", "no video"}})};
  const std::string all = story(history);
  EXPECT_NE(
      all.find("  video 1    to be fetched, its link expires 2026-06-01T03:34:40Z (in 1m 00s), "
               "last try: HTTP 403\n"
               "  video 2    lost, its link expired 2026-06-01T03:32:40Z (1m 00s ago)\n"
               "  video 3    not fetched, tried in 2 runs, last try: no video\n"),
      std::string::npos)
      << all;
}

TEST(TaskText, OfAClockThatRanBackTellsNoTime) {
  core::TaskHistory history;
  history.task = task("succeeded", {{"submit_time", "2026-06-01T03:00:00Z"},
                                    {"finish_time", "2026-06-01T02:04:00Z"}});
  EXPECT_NE(story(history).find("submitted 2026-06-01T03:00:00Z, finished 2026-06-01T02:04:00Z\n"),
            std::string::npos);
}

TEST(TaskText, JsonHasNumbersAsNumbers) {
  core::TaskHistory history;
  history.task = task("succeeded", {{"queries", "2"},
                                    {"output_seconds", "3.6"},
                                    {"resolution", "1080"},
                                    {"quota", std::nullopt},
                                    {"labels", R"({"n":"1"})"}});
  history.snapshots = {answer()};
  history.videos = {{{"video_index", "1"}, {"bytes", "2048"}}};
  std::ostringstream out;
  cmd::print_task_json(out, history);
  std::istringstream lines(out.str());
  std::vector<nlohmann::json> objects;
  for (std::string line; std::getline(lines, line);) {
    objects.push_back(nlohmann::json::parse(line));
  }
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[0]["queries"], 2);
  EXPECT_EQ(objects[0]["output_seconds"], 3.6);
  EXPECT_EQ(objects[0]["resolution"], "1080") << "a word that looks like a number";
  EXPECT_TRUE(objects[0]["quota"].is_null());
  EXPECT_EQ(objects[0]["labels"]["n"], "1");
  EXPECT_EQ(objects[1]["http_status"], 200);
  EXPECT_EQ(objects[1]["usage"]["SR"], 1080);
  EXPECT_EQ(objects[2]["bytes"], 2048);
}

}  // namespace
