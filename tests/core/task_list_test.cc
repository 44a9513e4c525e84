#include "core/task_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/error.h"

namespace {

using core::RejectedRow;
using core::TaskList;
using core::WantedTask;

TaskList list_of(std::string text, core::TaskListOptions options = {}) {
  auto left = std::make_shared<std::string>(std::move(text));
  return TaskList(
      "in.csv",
      [left](char* buffer, std::size_t size) {
        const std::size_t count = std::min(size, left->size());
        std::memcpy(buffer, left->data(), count);
        left->erase(0, count);
        return count;
      },
      std::move(options));
}

std::vector<std::string> ids_of(TaskList list) {
  std::vector<std::string> ids;
  while (auto row = list.next()) {
    const auto* task = std::get_if<WantedTask>(&*row);
    ids.push_back(task != nullptr ? task->id.text() : "rejected");
  }
  return ids;
}

using Ids = std::vector<std::string>;

TEST(TaskList, FindsTheColumn) {
  EXPECT_EQ(ids_of(list_of("a\nb\n")), (Ids{"a", "b"}));
  EXPECT_EQ(ids_of(list_of("x,Task_ID\n1,a\n")), Ids{"a"});
  EXPECT_EQ(ids_of(list_of("id,taskId\n1,a\n")), Ids{"a"}) << "task_id, taskId, task id, id";
  EXPECT_EQ(ids_of(list_of("x;TASK ID\n1;a\n")), Ids{"a"});
  EXPECT_EQ(ids_of(list_of("a,x\nb,y\n")), (Ids{"a", "b"})) << "no header";
  EXPECT_EQ(ids_of(list_of("n,x\n1,a\n", {.column = "X"})), Ids{"a"});
  EXPECT_EQ(ids_of(list_of("1,a\n2,b\n", {.column = "2"})), (Ids{"a", "b"}));
  EXPECT_EQ(ids_of(list_of("id,x\n1,a\n", {.column = "2"})), Ids{"a"}) << "a header all the same";
}

TEST(TaskList, FindsTheDelimiter) {
  for (const std::string delimiter : {",", ";", "\t", "|"}) {
    EXPECT_EQ(ids_of(list_of("x" + delimiter + "id\n1" + delimiter + "a\n")), Ids{"a"});
  }
  EXPECT_EQ(ids_of(list_of("sep=;\nid;x\na,b;1\n")), Ids{"a,b"});
  EXPECT_EQ(ids_of(list_of("id;x,y\na;1\n", {.delimiter = ';'})), Ids{"a"});
  EXPECT_EQ(ids_of(list_of("\"x;y;z\",id\n1,a\n")), Ids{"a"}) << "not inside quotes";
}

TEST(TaskList, AMissingColumnIsNamedWithThoseThatAreThere) {
  try {
    list_of("one,two\n1,2\n", {.column = "three"});
    FAIL() << "accepted";
  } catch (const core::UsageError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("in.csv"), std::string::npos);
    EXPECT_NE(text.find("three"), std::string::npos);
    EXPECT_NE(text.find("one, two"), std::string::npos);
  }
  EXPECT_THROW(list_of("a,b\n", {.column = "3"}), core::UsageError);
}

TEST(TaskList, KeepsModelAndLabels) {
  TaskList list = list_of("customer,id,Model,empty\nac\xFFme, a ,m1,\n");
  const auto row = list.next();
  const auto& task = std::get<WantedTask>(*row);
  EXPECT_EQ(task.model, "m1");
  ASSERT_EQ(task.labels.size(), 1U);
  EXPECT_EQ(task.labels[0].first, "customer");
  EXPECT_EQ(task.labels[0].second, "ac\xEF\xBF\xBDme") << "invalid UTF-8 is replaced";
  EXPECT_EQ(list.rows(), 1U);
}

TEST(TaskList, RejectsWithFileAndLine) {
  TaskList list = list_of("id\n\n8.60E+17\n");
  const auto row = list.next();
  const auto& rejected = std::get<RejectedRow>(*row);
  EXPECT_EQ(rejected.source, "in.csv");
  EXPECT_EQ(rejected.line, 3U);
  EXPECT_EQ(rejected.text, "8.60E+17");
  EXPECT_FALSE(list.next().has_value());
}

TEST(TaskList, RejectsANumberThatItsDecimalCommaSplits) {
  EXPECT_EQ(ids_of(list_of("id\n8,60E+17\n9,1E+5,x\na,1E+5\n7,+\n860260753860210752,1E+12\n")),
            (Ids{"rejected", "rejected", "a", "7", "860260753860210752"}));
}

TEST(TaskList, RejectsEverythingBehindAnOpenQuote) {
  TaskList list = list_of("id,x\na,1\nb,\"open\nc,2\n");
  EXPECT_TRUE(std::holds_alternative<WantedTask>(*list.next()));
  const auto row = list.next();
  const auto& rejected = std::get<RejectedRow>(*row);
  EXPECT_EQ(rejected.line, 3U);
  EXPECT_NE(rejected.reason.find("never closes"), std::string::npos);
  EXPECT_FALSE(list.next().has_value());
}

TEST(TaskList, AQuotedFieldTooLongToKeepCostsOneRow) {
  EXPECT_EQ(ids_of(list_of("id,x\na,\"" + std::string(100'000, '\n') + "\"\nb,2\n")),
            (Ids{"rejected", "b"}));
}

TEST(TaskList, AShortRowLacksItsId) {
  EXPECT_EQ(ids_of(list_of("x,id\n1\n2,b\n")), (Ids{"rejected", "b"}));
}

TEST(TaskList, NothingIsNoRow) {
  EXPECT_TRUE(ids_of(list_of("")).empty());
  EXPECT_TRUE(ids_of(list_of("task_id\n")).empty());
  EXPECT_TRUE(ids_of(list_of("", {.column = "x"})).empty());
}

TEST(OpenInput, NamesWhatCannotBeRead) {
  EXPECT_THROW(core::open_input("/no/such/file"), core::UsageError);
  EXPECT_THROW(core::open_input("/tmp"), core::UsageError);
}

}  // namespace
