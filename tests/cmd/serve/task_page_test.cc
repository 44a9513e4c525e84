#include "cmd/serve/task_page.h"

#include <gtest/gtest.h>

#include <string>

namespace {

core::TaskHistory history(std::uint64_t earlier) {
  core::TaskHistory history;
  history.task = {{"account", "default"}, {"task_id", "t"}, {"state", "unfinished"}};
  history.snapshots.push_back(
      {.columns = {{"snapshot_id", "9"}, {"http_status", "200"}}, .usage = {}, .answer = "{}"});
  history.earlier_answers = earlier;
  return history;
}

TEST(TaskPage, SaysHowManyAnswersItDoesNotShow) {
  const cmd::TaskView view{.usual_account = "default", .costs = {}};
  EXPECT_EQ(cmd::task_page(history(0), view).find("earlier answers"), std::string::npos);
  const std::string page = cmd::task_page(history(9'900), view);
  EXPECT_NE(page.find("900 earlier answers are not shown"), std::string::npos) << page;
  EXPECT_NE(page.find("901 answers"), std::string::npos) << page;
}

}  // namespace
