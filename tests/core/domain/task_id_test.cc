#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "core/domain/task.h"

namespace {

using core::IdFailure;
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

TEST(TaskId, RemovesSurroundingCharacters) {
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

// Eight bytes are looked at together: none hides another, wherever it stands.
TEST(TaskId, SeesEachByteAtEachPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 1; at < 19; ++at) {
      std::string text(20, byte % 2 == 0 ? '!' : '~');
      text[at] = static_cast<char>(byte);
      const auto parsed = TaskId::parse(text);
      if (byte < ' ' || byte >= 0x7F) {
        ASSERT_TRUE(std::holds_alternative<IdFailure>(parsed)) << byte << " at " << at;
        EXPECT_EQ(std::get<IdFailure>(parsed),
                  byte < 0x80 ? IdFailure::control_character : IdFailure::not_utf8);
      } else {
        EXPECT_TRUE(std::holds_alternative<TaskId>(parsed)) << byte << " at " << at;
      }
    }
  }
}

struct Bad {
  std::string text;
  IdFailure failure;
};

TEST(TaskId, RefusesWithTheReason) {
  const std::vector<Bad> cases = {
      {"", IdFailure::empty},
      {" \t ", IdFailure::empty},
      {std::string(192, 'x'), IdFailure::too_long},
      {".", IdFailure::dot_segment},
      {"..", IdFailure::dot_segment},
      {"a\nb", IdFailure::control_character},
      {std::string("a\0b", 3), IdFailure::control_character},
      {"a\x7F", IdFailure::control_character},
      {"a\xC2\x85z", IdFailure::control_character},
      {"a\xE2\x80\xAEz", IdFailure::control_character},
      {"a\xC2\xADz", IdFailure::control_character},
      {"a\xD8\x9Cz", IdFailure::control_character},
      {"a\xE1\x9E\xB4z", IdFailure::control_character},
      {"a\xFFz", IdFailure::not_utf8},
      {"a\xE3\x80", IdFailure::not_utf8},
      {"\x80", IdFailure::not_utf8},
      {"a\xEF\xBF\xBD", IdFailure::not_utf8},
      {"a\xC0\xAFz", IdFailure::not_utf8},
      {"a\xED\xA0\x80z", IdFailure::not_utf8},
      {"8.60E+17", IdFailure::spreadsheet_number},
      {"8,60261E+17", IdFailure::spreadsheet_number},
      {" 8.6e+17 ", IdFailure::spreadsheet_number},
  };
  for (const Bad& bad : cases) {
    const auto parsed = TaskId::parse(bad.text);
    ASSERT_TRUE(std::holds_alternative<IdFailure>(parsed)) << bad.text;
    EXPECT_EQ(std::get<IdFailure>(parsed), bad.failure) << bad.text;
    EXPECT_FALSE(core::describe(bad.failure).empty());
  }
  EXPECT_TRUE(std::holds_alternative<TaskId>(TaskId::parse(std::string(191, 'x'))));
}

}  // namespace
