#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "core/domain/task.h"

namespace {

using core::IdDefect;
using core::TaskId;

TEST(TaskId, AcceptsWhatGatewaysSend) {
  for (const std::string text :
       {"asyntask_Qm4T0v7yLxWc2RbnKd9ZpHs3JfEa6UgO", "cgt-20260312231129-7db6s",
        "5WZH6fIngVFPrffXrECtcN", "860260753860210752", "sora-2:task_01k7", "a", "...", "a/b", "ü",
        "12.5", "1E+5", "1.5E5", "1.5E+", "x.5E+17"}) {
    const auto parsed = TaskId::parse(text);
    ASSERT_TRUE(std::holds_alternative<TaskId>(parsed)) << text;
    EXPECT_EQ(std::get<TaskId>(parsed).text(), text);
  }
}

TEST(TaskId, DropsWhatStandsAround) {
  for (const std::string text : {" a\t",
                                 "\xEF\xBB\xBF"
                                 "a",
                                 "\xE2\x80\x8B"
                                 "a\xE2\x80\x8B ",
                                 "\xC2\xA0"
                                 "a",
                                 "\xD8\x9C"
                                 "a\xE2\x80\x8F\xE2\x81\xA0",
                                 "\xE3\x80\x80"
                                 "a\xE3\x80\x80\xE2\x80\xAF"}) {
    const auto parsed = TaskId::parse(text);
    ASSERT_TRUE(std::holds_alternative<TaskId>(parsed));
    EXPECT_EQ(std::get<TaskId>(parsed).text(), "a");
  }
}

struct Bad {
  std::string text;
  IdDefect defect;
};

TEST(TaskId, RefusesWithTheReason) {
  const std::vector<Bad> cases = {
      {"", IdDefect::empty},
      {" \t ", IdDefect::empty},
      {std::string(192, 'x'), IdDefect::too_long},
      {".", IdDefect::dot_segment},
      {"..", IdDefect::dot_segment},
      {"a\nb", IdDefect::control_character},
      {std::string("a\0b", 3), IdDefect::control_character},
      {"a\x7F", IdDefect::control_character},
      {"a\xC2\x85z", IdDefect::control_character},
      {"a\xE2\x80\xAEz", IdDefect::control_character},
      {"a\xC2\xADz", IdDefect::control_character},
      {"a\xD8\x9Cz", IdDefect::control_character},
      {"a\xE1\x9E\xB4z", IdDefect::control_character},
      {"a\xFFz", IdDefect::not_utf8},
      {"a\xE3\x80", IdDefect::not_utf8},
      {"\x80", IdDefect::not_utf8},
      {"a\xEF\xBF\xBD", IdDefect::not_utf8},
      {"a\xC0\xAFz", IdDefect::not_utf8},
      {"a\xED\xA0\x80z", IdDefect::not_utf8},
      {"8.60E+17", IdDefect::spreadsheet_number},
      {"8,60261E+17", IdDefect::spreadsheet_number},
      {" 8.6e+17 ", IdDefect::spreadsheet_number},
  };
  for (const Bad& bad : cases) {
    const auto parsed = TaskId::parse(bad.text);
    ASSERT_TRUE(std::holds_alternative<IdDefect>(parsed)) << bad.text;
    EXPECT_EQ(std::get<IdDefect>(parsed), bad.defect) << bad.text;
    EXPECT_FALSE(core::describe(bad.defect).empty());
  }
  EXPECT_TRUE(std::holds_alternative<TaskId>(TaskId::parse(std::string(191, 'x'))));
}

}  // namespace
