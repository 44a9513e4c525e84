#include "core/gateway/log_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using core::LogType;

std::string shown(const std::string& json, LogType type) {
  core::JsonDocument document;
  core::JsonDocument inner;
  EXPECT_EQ(document.read(json), core::JsonFailure::none) << json;
  const auto row = core::read_log_row(document.root(), type, inner);
  if (!row) {
    return "none";
  }
  return row->request_id + "|" + row->task_id + "|" + row->quota.text() +
         (row->settles ? "|" + row->before.text() + ">" + (row->before + row->quota).text() : "") +
         (row->is_task ? "|task" : "");
}

// The rows that a stock new-api gave (captures), and what forks may do to them.
TEST(LogRows, WhatARowSays) {
  struct Case {
    const char* name;
    LogType type;
    const char* json;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"a charge at submit", LogType::charge,
       R"({"created_at":1795704592,"type":2,"quota":1600000,"request_id":"r","token_name":"main",)"
       R"("other":"{\"is_task\":true,\"model_price\":0.4,\"request_path\":\"/v1/x\"}"})",
       "r||1600000|task"},
      {"a charge of an older build", LogType::charge,
       R"({"created_at":1,"quota":5,"request_id":"r","other":"{\"request_path\":\"/v1/videos\"}"})",
       "r||5|task"},
      {"other usage", LogType::charge,
       R"({"created_at":1,"quota":5,"request_id":"r","other":"{\"request_path\":\"/v1/chat\"}"})",
       "r||5"},
      {"no more is said", LogType::charge, R"({"created_at":1,"quota":5,"other":""})", "||5"},
      {"a refund", LogType::refund,
       R"({"created_at":1,"type":6,"quota":200000,"request_id":"q",)"
       R"("other":"{\"reason\":\"moderation\",\"task_id\":\"task_R\"}"})",
       "q|task_R|-200000|task"},
      {"settled below", LogType::refund,
       R"({"created_at":1,"type":6,"quota":282200,"other":"{\"task_id\":\"t\",)"
       R"(\"pre_consumed_quota\":500000,\"actual_quota\":217800}"})",
       "|t|-282200|500000>217800|task"},
      {"settled above", LogType::charge,
       R"({"created_at":1,"type":2,"quota":100,"other":"{\"task_id\":\"t\",)"
       R"(\"pre_consumed_quota\":500,\"actual_quota\":600}"})",
       "|t|100|500>600|task"},
      {"settled above, as a refund without a sign", LogType::refund,
       R"({"created_at":1,"type":6,"quota":100,"other":"{\"task_id\":\"t\",)"
       R"(\"pre_consumed_quota\":500,\"actual_quota\":600}"})",
       "|t|100|500>600|task"},
      {"an object, not a text", LogType::refund,
       R"({"created_at":1,"quota":7,"other":{"task_id":"t"}})", "|t|-7|task"},
      {"broken JSON inside", LogType::charge, R"({"created_at":1,"quota":7,"other":"{"})", "||7"},
      {"its number is no task", LogType::refund, R"({"id":12,"created_at":1,"quota":7})", "||-7"},
      {"another type", LogType::charge, R"({"created_at":1,"type":6,"quota":7})", "none"},
      {"no quota", LogType::charge, R"({"created_at":1,"quota":null})", "none"},
      {"no time", LogType::charge, R"({"quota":7})", "none"},
      {"a time before all", LogType::charge, R"({"created_at":-1,"quota":7})", "none"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(shown(one.json, one.type), one.expected) << one.name;
  }
}

TEST(LogRows, TypesOfAnExport) {
  for (const char* text : {"2", "Consume", "消费"}) {
    EXPECT_EQ(core::log_type_of(text), LogType::charge) << text;
  }
  for (const char* text : {"6", "refund", "退款"}) {
    EXPECT_EQ(core::log_type_of(text), LogType::refund) << text;
  }
  for (const char* text : {"1", "", "topup", "22"}) {
    EXPECT_EQ(core::log_type_of(text), std::nullopt) << text;
  }
}

TEST(LogRows, CellsOfAnExport) {
  core::JsonDocument inner;
  const auto row = core::read_log_cells({.created_at = "1795704663",
                                         .quota = "40",
                                         .request_id = "q",
                                         .token_name = "main",
                                         .other = R"({"task_id":"t"})"},
                                        LogType::refund, inner);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->task_id + " " + row->quota.text() + " " + row->key_name, "t -40 main");
  EXPECT_FALSE(core::read_log_cells({.created_at = "2026-06-01 10:00:00",
                                     .quota = "40",
                                     .request_id = {},
                                     .token_name = {},
                                     .other = {}},
                                    LogType::charge, inner));
}

}  // namespace
