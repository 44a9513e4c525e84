#include "core/gateway/user_list.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using core::UserListAnswer;
using core::UserListPage;
using core::UserListWalk;
using namespace std::chrono_literals;

TEST(UserListPaths, HaveSecondsAndPages) {
  EXPECT_EQ(core::task_list_path({}, 1), "/api/task/self?p=1&page_size=100");
  const core::UserListQuery query{.from = core::UtcTime(1'700'000'000'999ms),
                                  .to = core::UtcTime(1'800'000'000s)};
  EXPECT_EQ(core::task_list_path(query, 7),
            "/api/task/self?p=7&page_size=100&start_timestamp=1700000000"
            "&end_timestamp=1800000000");
  EXPECT_EQ(core::log_list_path({.from = {}, .to = core::UtcTime(5s)}, core::LogType::refund, 2),
            "/api/log/self?p=2&page_size=100&end_timestamp=5&type=6");
}

// An item as a stock gateway gives it, with its spaces and escapes.
TEST(ListedTasks, AreByteExactWithoutWhatIsNoVideo) {
  const std::string one =
      R"({"id":49,"task_id":"task_one","platform":"24","quota":1600000,"status":"FAILURE",)"
      R"("fail_reason":"a \"]}{[\u00e9", "data":{"items":[ 1 , {} ]} })";
  const std::string two = R"({ "task_id" : 860260753860210752, "status":"SUCCESS"})";
  const std::string body = "\xEF\xBB\xBF{\"success\":true,\"data\":{\"total\":4,\"items\":[ " +
                           one + " ,{\"task_id\":\"song\",\"platform\":\"suno\"},\n" + two +
                           R"(,{"task_id":""}]}})";
  UserListPage page;
  ASSERT_EQ(page.read(200, body), UserListAnswer::page);
  const std::vector<core::ListedTaskText> tasks = core::listed_tasks(page, body);
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].id.text(), "task_one");
  EXPECT_EQ(tasks[0].text, one);
  EXPECT_EQ(tasks[1].id.text(), "860260753860210752");
  EXPECT_EQ(tasks[1].text, two);
  EXPECT_GE(tasks[0].text.data(), body.data()) << "views of the body";
  EXPECT_LT(tasks[1].text.data(), body.data() + body.size());
}

TEST(ListedTasks, AnItemThatIsNoObjectLeavesNone) {
  const std::string body = R"({"success":true,"data":{"total":2,"items":[{"task_id":"a"},7]}})";
  UserListPage page;
  ASSERT_EQ(page.read(200, body), UserListAnswer::page);
  EXPECT_TRUE(core::listed_tasks(page, body).empty());
}

TEST(UserListPage, WhatAnAnswerIs) {
  struct Case {
    const char* name;
    int status;
    std::string body;
    UserListAnswer expected;
  };
  const std::string page = R"({"success":true,"message":"","data":{"page":1,"page_size":2,)"
                           R"("total":49,"items":[{"task_id":"a"},{"task_id":"b"}]}})";
  const std::vector<Case> cases{
      {"a page", 200, page, UserListAnswer::page},
      {"past the end", 200, R"({"success":true,"data":{"page":99,"total":49,"items":[]}})",
       UserListAnswer::page},
      {"an old build's list", 200, R"({"success":true,"data":[]})", UserListAnswer::unknown_shape},
      {"no total", 200, R"({"success":true,"data":{"items":[]}})", UserListAnswer::unknown_shape},
      {"a list", 200, "[1]", UserListAnswer::unknown_shape},
      {"refused as a success", 200, R"({"success":false,"message":"no"})", UserListAnswer::refused},
      {"no right", 401, R"({"success":false,"message":"no"})", UserListAnswer::refused},
      {"forbidden", 403, "", UserListAnswer::refused},
      {"no such address", 404, R"({"error":{"message":"Invalid URL"}})",
       UserListAnswer::no_endpoint},
      {"the web page of a console", 200, "<!doctype html><html>", UserListAnswer::no_endpoint},
      {"a limit", 429, "", UserListAnswer::throttled},
      {"a fault", 502, "<html>", UserListAnswer::passing},
      {"a cut body", 200, page.substr(0, 60), UserListAnswer::passing},
      {"a redirect", 302, "", UserListAnswer::unknown_shape},
  };
  UserListPage read;
  for (const Case& one : cases) {
    EXPECT_EQ(static_cast<int>(read.read(one.status, one.body)), static_cast<int>(one.expected))
        << one.name;
  }
  EXPECT_EQ(read.read(200, page), UserListAnswer::page);
  EXPECT_EQ(read.count(), 2U);
  EXPECT_EQ(read.total(), 49U);
  EXPECT_EQ(read.items().first_child()["task_id"].text(), "a");
}

TEST(UserListPage, TheGatewaysWordsHaveNoSecrets) {
  UserListPage page;
  EXPECT_EQ(page.read(401, R"({"message":"key sk-abcdefghijklmnop\u0007 https://x/y?sig=1"})"),
            UserListAnswer::refused);
  EXPECT_EQ(page.message().find("abcdefghijkl"), std::string::npos) << page.message();
  EXPECT_EQ(page.message().find("sig=1"), std::string::npos) << page.message();
  EXPECT_EQ(page.message().find('\a'), std::string::npos);
}

std::string page_of(std::uint64_t page, std::uint64_t size, std::uint64_t total,
                    std::uint64_t count) {
  std::string items;
  for (std::uint64_t i = 0; i < count; ++i) {
    items += (i == 0 ? "" : ",") + std::to_string(i);
  }
  return R"({"success":true,"data":{"page":)" + std::to_string(page) + R"(,"page_size":)" +
         std::to_string(size) + R"(,"total":)" + std::to_string(total) + R"(,"items":[)" + items +
         "]}}";
}

struct Step {
  std::uint64_t size;
  std::uint64_t total;
  std::uint64_t count;
};

// The pages that a walk asks for, and what it says at the end.
std::string walked(const std::vector<Step>& steps) {
  UserListWalk walk;
  std::string text;
  for (const Step& step : steps) {
    EXPECT_FALSE(walk.at_end()) << "page " << walk.page() << " is not asked for";
    UserListPage page;
    text += std::to_string(walk.page()) + " ";
    EXPECT_EQ(page.read(200, page_of(static_cast<std::uint64_t>(walk.page()), step.size, step.total,
                                     step.count)),
              UserListAnswer::page);
    if (const std::string failure = walk.advance(page); !failure.empty()) {
      return text + failure;
    }
  }
  return text + (walk.at_end() ? "end" : "goes on at " + std::to_string(walk.page()));
}

TEST(UserListWalk, AsksEachPageAndThoseThatMovedAgain) {
  struct Case {
    const char* name;
    std::vector<Step> steps;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"nothing", {{100, 0, 0}}, "1 end"},
      {"one page", {{100, 99, 99}}, "1 end"},
      {"one full page", {{100, 100, 100}, {100, 100, 0}}, "1 2 end"},
      {"more than the gateway counts",
       {{100, 200, 100}, {100, 200, 100}, {100, 200, 100}, {100, 200, 7}},
       "1 2 3 4 end"},
      {"three pages", {{100, 250, 100}, {100, 250, 100}, {100, 250, 50}}, "1 2 3 end"},
      {"new entries in front",
       {{100, 250, 100}, {100, 300, 100}, {100, 310, 100}, {100, 310, 10}},
       "1 2 3 4 end"},
      {"one entry left",
       {{100, 250, 100}, {100, 249, 100}, {100, 249, 100}, {100, 249, 100}},
       "1 2 1 2 goes on at 3"},
      {"a page and a half left",
       {{100, 950, 100}, {100, 950, 100}, {100, 800, 100}},
       "1 2 3 goes on at 1"},
      {"so many that the page is empty",
       {{100, 250, 100}, {100, 250, 100}, {100, 190, 0}},
       "1 2 3 goes on at 2"},
      {"while the first page is asked again",
       {{9, 90, 9}, {9, 89, 9}, {9, 80, 9}},
       "1 2 1 goes on at 2"},
      {"never before the first page", {{10, 950, 10}, {10, 800, 10}}, "1 2 goes on at 1"},
      {"a smaller page than was asked for",
       {{30, 70, 30}, {30, 70, 30}, {30, 70, 10}},
       "1 2 3 end"},
      {"a size that is not said", {{0, 70, 30}, {0, 70, 30}, {0, 70, 10}}, "1 2 3 end"},
      {"ends too soon",
       {{100, 250, 100}, {100, 250, 20}},
       "1 2 page 2 ends it after 120 of 250 entries"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(walked(one.steps), one.expected) << one.name;
  }
}

TEST(UserListWalk, AnotherPageThanAskedForIsNoAnswer) {
  UserListWalk walk;
  UserListPage page;
  ASSERT_EQ(page.read(200, page_of(2, 100, 250, 100)), UserListAnswer::page);
  EXPECT_EQ(walk.advance(page), "it gave page 2 for page 1");
}

}  // namespace
