#include "core/input/task_list.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/input/input_file.h"
#include "tests/support/temp_dir.h"

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

std::vector<core::Labels> labels_of(TaskList list) {
  std::vector<core::Labels> labels;
  while (auto row = list.next()) {
    const auto* task = std::get_if<WantedTask>(&*row);
    labels.push_back(task != nullptr ? task->labels : core::Labels());
  }
  return labels;
}

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
  EXPECT_EQ(ids_of(list_of("task_id;net, of tax;gross, with\na;1;2\n")), Ids{"a"})
      << "that which names the column";
}

TEST(TaskList, ASeparatorLineIsNotATask) {
  for (const std::string line : {"sep=;", "SEP=;", "\"sep=;\"", "sep=;;;", "\"sep=;\";;", "sep=;,,",
                                 "\xEF\xBB\xBFsep=;", "# by hand\nsep=;"}) {
    EXPECT_EQ(ids_of(list_of(line + "\r\ntask_id;x\r\na;1,2\r\n")), Ids{"a"}) << line;
  }
  EXPECT_EQ(ids_of(list_of("sep=x\n")), Ids{}) << "any character";
  EXPECT_EQ(ids_of(list_of("sep=ab\nsep=\n")), (Ids{"sep=ab", "sep="}));
  EXPECT_EQ(labels_of(list_of("sep=;\n#task_id;customer\na;Acme\n")).at(0),
            (core::Labels{{"customer", "Acme"}}))
      << "a header behind `#` follows";
}

TEST(TaskList, AnAppendedListHasItsOwnDelimiter) {
  for (const std::string text :
       {"task_id,x\na,1\ntask_id;x\nb;2\n", "task_id;x\na;1\nsep=;\ntask_id;x\nb;2\n",
        "task_id,x\na,1\nsep=;\ntask_id;x\nb;2\n", "a\ntask_id;x\nb;2\n",
        "task_id\tx\na\t1\n\xEF\xBB\xBFx,task_id\n2,b\n"}) {
    EXPECT_EQ(ids_of(list_of(text)), (Ids{"a", "b"})) << text;
  }
  EXPECT_EQ(ids_of(list_of("a\nb;c\n")), (Ids{"a", "b;c"})) << "no header";
}

TEST(TaskList, ReportsIdsThatAreNotReadOrWereRounded) {
  struct Case {
    std::string text;
    std::string told;
  };
  const std::string id = "860260753860210";
  for (const Case& one : std::vector<Case>{
           {"task_1a,task_1b,task_1c\n", "its first row holds 3 values that look like task IDs"},
           {"task_1a,860260753860\n", ""},
           {"task_1a,Acme\n", ""},
           {id + "000\n" + id.substr(1) + "1000\n", ""},
           {id + "000\n" + id + "752\n" + id + "1000\n" + id + "2000\n", ""},
           {"id\n" + id + "000\n8" + id + "000\n" + id + "00\n", "only zeros after"}}) {
    std::string told;
    static_cast<void>(
        ids_of(list_of(one.text, {.warn = [&](const std::string& line) { told += line; }})));
    EXPECT_EQ(told.empty(), one.told.empty()) << told;
    EXPECT_NE(told.find(one.told), std::string::npos) << told;
  }
}

TEST(TaskList, AMissingColumnIsReportedWithTheExistingOnes) {
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

TEST(TaskList, RejectsEverythingAfterAnOpenQuote) {
  TaskList list = list_of("id,x\na,1\nb,\"open\nc,2\n");
  EXPECT_TRUE(std::holds_alternative<WantedTask>(*list.next()));
  const auto row = list.next();
  const auto& rejected = std::get<RejectedRow>(*row);
  EXPECT_EQ(rejected.line, 3U);
  EXPECT_NE(rejected.reason.find("never closed"), std::string::npos);
  EXPECT_FALSE(list.next().has_value());
}

TEST(TaskList, AQuotedFieldTooLongToKeepCostsOneRow) {
  EXPECT_EQ(ids_of(list_of("id,x\na,\"" + std::string(100'000, '\n') + "\"\nb,2\n")),
            (Ids{"rejected", "b"}));
}

TEST(TaskList, AShortRowLacksItsId) {
  EXPECT_EQ(ids_of(list_of("x,id\n1\n2,b\n")), (Ids{"rejected", "b"}));
}

TEST(TaskList, BlankLinesAreNotRows) {
  EXPECT_TRUE(ids_of(list_of("")).empty());
  EXPECT_TRUE(ids_of(list_of("task_id\n")).empty());
  EXPECT_TRUE(ids_of(list_of("", {.column = "x"})).empty());
}

TEST(TaskList, KnowsMoreNamesOfTheColumn) {
  for (const std::string name : {"任务ID", "任务 ID", "任务编号", "Task-ID", "taskid", "TASK_ID"}) {
    EXPECT_EQ(ids_of(list_of("x," + name + "\n1,a\n")), Ids{"a"}) << name;
  }
  EXPECT_EQ(ids_of(list_of("id,任务ID\n1,a\n")), Ids{"a"}) << "`id` may be a row's number";
  EXPECT_EQ(ids_of(list_of("x,\xC2\xA0task_id\xE2\x80\x8B\n1,a\n")), Ids{"a"})
      << "invisible around a name";
  for (const std::string name :
       {"Task\xC2\xA0ID", "\"Task\nID\"", "\"task_id\n\"", "Task  id", "任务ＩＤ", "ＩＤ"}) {
    EXPECT_EQ(ids_of(list_of("x," + name + "\n1,a\n")), Ids{"a"}) << name;
  }
}

struct HashCase {
  std::string name;
  std::string text;
  Ids ids;
  std::uint64_t comments;
  core::TaskListOptions options{};
};

TEST(TaskList, ALineThatBeginsWithAHashIsARowOrACountedComment) {
  const std::vector<HashCase> cases = {
      {"orders", "order,task_id\n#1001,a\n1002,b\n", {"a", "b"}, 0},
      {"other_count", "order,task_id\n# 2 orders, of May, checked\n#1,a\n", {"a"}, 1},
      {"the_id_itself", "task_id,x\n#a,1\nb,2\n", {"b"}, 1},
      {"one_column", "task_id\n#a\nb\n", {"b"}, 1},
      {"quoted_fields", "n,task_id,x\n#1,a,\"x\ny, \"\"z\"\"\"\n#2,b,\"1\"\n", {"a", "b"}, 0},
      {"open_quote", "n,task_id\n# a,\"note\nb,c\n", {"c"}, 1},
      {"headerless", "1,a\n#2,b\n", {"a", "b"}, 0, {.column = "2"}},
      {"headerless_first", "# of May\n#1;a1\n#2;b1\n", {"a1", "b1"}, 1, {.column = "2"}},
      {"hash_column", "#,task_id\n1,a\n2,b\n", {"a", "b"}, 0},
      {"hash_header", "#task_id\tx\na\t1\n", {"a"}, 0},
      {"spaced", "# task_id, x\na,1\n", {"a"}, 0},
      {"hash_then_order", "# n,task_id\n#1,a\n2,b\n", {"a", "b"}, 0},
      {"remark_about_the_header", "# id\nx,task_id\n1,a\n", {"a"}, 1},
      {"remarks_before", "# tasks of May\n#task_id,x\na,1\n# end\n", {"a"}, 2},
      {"named_column", "#no,mine\n1,a\n", {"a"}, 0, {.column = "Mine"}},
      {"only_comments", "# a\n# b\n", {}, 2},
      {"long_comment", "id\n#" + std::string(200'000, 'x') + "\na\n", {"a"}, 1},
  };
  for (const HashCase& one : cases) {
    TaskList list = list_of(one.text, one.options);
    Ids ids;
    while (auto row = list.next()) {
      const auto* task = std::get_if<WantedTask>(&*row);
      ids.push_back(task != nullptr ? task->id.text() : "rejected");
    }
    EXPECT_EQ(ids, one.ids) << one.name;
    EXPECT_EQ(list.comments(), one.comments) << one.name;
  }
  EXPECT_EQ(labels_of(list_of("#task_id\tcustomer\na\tAcme\n")).at(0),
            (core::Labels{{"customer", "Acme"}}));
}

TEST(TaskList, ARepeatedHeaderIsNotATask) {
  TaskList same = list_of("task_id,x\na,1\n\xEF\xBB\xBFtask_id,x\nb,2\n");
  EXPECT_EQ(std::get<WantedTask>(*same.next()).id.text(), "a");
  EXPECT_EQ(std::get<WantedTask>(*same.next()).id.text(), "b");
  EXPECT_FALSE(same.next());
  EXPECT_EQ(same.repeated_headers(), 1U);
  EXPECT_EQ(same.rows(), 2U);

  std::string told;
  EXPECT_EQ(labels_of(list_of("task_id,customer\na,Acme\ncustomer,task_id,x\nBeta,b,1\n",
                              {.warn = [&](const std::string& line) { told += line; }})),
            (std::vector<core::Labels>{{{"customer", "Acme"}}, {{"customer", "Beta"}, {"x", "1"}}}))
      << "another header is in force from its line on";
  EXPECT_NE(told.find("in.csv: line 3 is another header"), std::string::npos) << told;
  EXPECT_EQ(ids_of(list_of("a\ntask_id,x\nb,1\n")), (Ids{"a", "b"})) << "behind a headerless one";
}

TEST(TaskList, AFirstRowThatLooksLikeAHeaderIsNotGuessed) {
  try {
    list_of("Auftrag,Kunde\n860260753860210752,Acme\n");
    FAIL() << "accepted";
  } catch (const core::UsageError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("in.csv"), std::string::npos) << text;
    EXPECT_NE(text.find("Auftrag, Kunde"), std::string::npos) << text;
    EXPECT_NE(text.find("--column"), std::string::npos) << text;
  }
  EXPECT_THROW(list_of("Kunde,Vorgang\nAcme,task_1\nBeta,task_2\n"), core::UsageError)
      << "the IDs stand in another column";
  std::string told;
  const core::Tell tell = [&](const std::string& line) { told += line; };
  EXPECT_EQ(ids_of(list_of("n,mine\n1,t1\n2,t2\n", {.column = "2", .warn = tell})),
            (Ids{"t1", "t2"}))
      << "with the number of its column it is one";
  EXPECT_NE(told.find("n, mine"), std::string::npos) << told;
  told.clear();
  for (const std::string headerless :
       {"t1,Acme\nt2,Acme\n", "a,Acme\nb,Acme\n", "abc\nt1\n", "ab,Acme\nt1,x\nc,y\n", "a,b\n"}) {
    EXPECT_NO_THROW(ids_of(list_of(headerless, {.detail = tell}))) << headerless;
  }
  EXPECT_NE(told.find("in.csv: it has no header; column 1"), std::string::npos) << told;
}

TEST(TaskList, NamesTheFormatOfAFileThatIsNotAList) {
  struct Case {
    std::string text;
    std::string said;
  };
  const std::vector<Case> cases = {
      {"PK\x03\x04\x14", "Excel workbook (.xlsx)"},
      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "Excel workbook (.xls)"},
      {"[\n  {\"task_id\": \"a\"}\n]\n", "JSON"},
      {"{\"task_id\":\"a\"}\n", "JSON"},
      {"[\"a\",\"b\"]", "JSON"},
      {"<!DOCTYPE html><html>", "HTML"},
      {"\xEF\xBB\xBF<?xml version=\"1.0\"?>", "XML"},
      {"%PDF-1.7\n", "PDF"},
      {"\x1F\x8B\x08", "gzip"},
      {"PK\x05\x06", "zip"},
      {"PAR1\x15", "Parquet"},
      {"ID;PWXL;N;E\nP;PGeneral\n", "SYLK"},
  };
  for (const Case& one : cases) {
    std::string told;
    try {
      list_of(one.text, {.warn = [&](const std::string& line) { told += line; }});
      ADD_FAILURE() << "accepted: " << one.said;
    } catch (const core::UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(one.said), std::string::npos) << error.what();
    }
    EXPECT_EQ(told, "") << "one line is enough";
  }
  EXPECT_EQ(ids_of(list_of("[a]\n{b}\n<c\n")), (Ids{"[a]", "{b}", "<c"}));
}

TEST(TaskList, MarksTheSameRejectedRowAlike) {
  const auto marks_of = [](const std::string& text) {
    TaskList list = list_of(text);
    std::vector<std::uint64_t> marks;
    while (auto row = list.next()) {
      if (const auto* bad = std::get_if<RejectedRow>(&*row)) {
        marks.push_back(bad->mark);
      }
    }
    return marks;
  };
  const auto marks = marks_of("id,x\n,1\n,2\n..,1\n");
  ASSERT_EQ(marks.size(), 3U);
  EXPECT_NE(marks[0], marks[1]) << "another row";
  EXPECT_NE(marks[0], marks[2]) << "another reason";
  EXPECT_EQ(marks_of("id,x\na,1\nb,2\n,1\n").at(0), marks[0]) << "on whatever line";
}

TEST(OpenInput, NamesUnreadableInputs) {
  EXPECT_THROW(core::open_input("/no/such/file"), core::UsageError);
  EXPECT_THROW(core::open_input("/tmp"), core::UsageError);
}

TEST(OpenInput, WaitsForAPipeWithoutAWriterOnlyAsLongAsRequested) {
  const support::TempDir folder;
  const std::string path = folder.path("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const core::InputPatience none{.until = core::SteadyTime()};
  const core::ReadBytes read = core::open_input(path, &none);
  std::array<char, 8> buffer{};
  EXPECT_THROW(static_cast<void>(read(buffer.data(), buffer.size())), core::Stopped);
}

}  // namespace
