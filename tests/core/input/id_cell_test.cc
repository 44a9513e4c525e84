#include "core/input/id_cell.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace {

std::string read(const std::string& cell) {
  const auto result = core::read_id_cell({cell}, 0, 1);
  const auto* id = std::get_if<core::TaskId>(&result);
  return id != nullptr ? id->text() : "rejected: " + std::get<std::string>(result);
}

struct Case {
  std::string cell;
  std::string id;
};

TEST(IdCell, RemovesCertainWrappings) {
  const std::string nbsp = "\xC2\xA0";
  const std::vector<Case> cases = {
      {"=\"860260753860210752\"", "860260753860210752"},
      {"=\"task_ab\"", "task_ab"},
      {"=860260753860210752", "860260753860210752"},
      {"'860260753860210752", "860260753860210752"},
      {"'cgt-20260312231129-7db6s'", "cgt-20260312231129-7db6s"},
      {"\"task_01\"", "task_01"},
      {"“task_01”", "task_01"},
      {"`task_01`", "task_01"},
      {"=\"'860260753860210752\"", "860260753860210752"},
      {"\xEF\xBB\xBF\"task_01\"\xE2\x80\x8B", "task_01"},
      {"860,260,753,860,210,752", "860260753860210752"},
      {"860 260 753 860 210 752", "860260753860210752"},
      {"860" + nbsp + "260" + nbsp + "753", "860260753"},
      {"86'026'075", "86026075"},
      {"860.260.753.860.210.752", "860260753860210752"},
      {"\xE2\x80\xAA"
       "task_01"
       "\xE2\x80\xAC",
       "task_01"},  // U+202A, U+202C: copied on Windows
      {"\xE2\x81\xA8"
       "task_01"
       "\xE2\x81\xA9",
       "task_01"},  // U+2068, U+2069
      {"860260.0", "860260"},
      {"860260,00", "860260"},
      {"\xD8\x9C"
       "a\xE3\x80\x80",
       "a"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(read(one.cell), one.id) << one.cell;
  }
}

TEST(IdCell, KeepsPossibleIds) {
  for (const std::string cell : {"asyntask_Qm4T0v7yLxWc2RbnKd9ZpHs3JfEa6UgO",
                                 "sora-2:task_01k7",
                                 "12.5",
                                 "1.000",
                                 "'a",
                                 "'a'",
                                 "''",
                                 "=a",
                                 "=cmd|' /C calc'!A0",
                                 "\"",
                                 "a b",
                                 "12 34",
                                 "1234 567",
                                 "123 4567",
                                 "1,23",
                                 "860.260.753",
                                 "192.168.100.200",
                                 "=task_1",
                                 "1.5E5",
                                 "x.5E17",
                                 "5E17",
                                 "1e5x",
                                 "#",
                                 "##",
                                 "a,b",
                                 "-1",
                                 "ü"}) {
    EXPECT_EQ(read(cell), cell == "1.000" ? "1" : cell);
  }
}

TEST(IdCell, RefusesValuesThatASpreadsheetChanged) {
  for (const std::string cell : {"8.60E+17",
                                 "8,6E+17",
                                 "8E+17",
                                 "=\"8.60E+17\"",
                                 "860,260,753,860,210,000",
                                 "860260753860210752.0",
                                 "=HYPERLINK(\"https://x\",\"860\")",
                                 "#N/A",
                                 "#REF!",
                                 "#DIV/0!",
                                 "########",
                                 "8.60260753860210E17",
                                 "=A1",
                                 "=$B$12",
                                 "=Sheet1!B2",
                                 "='Mai 26'!$B$2",
                                 "=VLOOKUP(A1",
                                 "=\"task_01\"&\"\"",
                                 "= \"task_01\"",
                                 "=IF(A1=\"\"",
                                 "8602,6075,3860",
                                 "8,60,26,07,53,860"}) {
    EXPECT_NE(read(cell).find("rejected: the task ID was ruined by a spreadsheet"),
              std::string::npos)
        << cell << ": " << read(cell);
  }
}

TEST(IdCell, DetectsANumberThatTheDelimiterSplit) {
  const auto is_rejected = [](const std::vector<std::string_view>& fields, std::size_t columns) {
    return std::holds_alternative<std::string>(core::read_id_cell(fields, 0, columns));
  };
  EXPECT_TRUE(is_rejected({"860", "260", "753"}, 1)) << "under a header of one column";
  EXPECT_TRUE(is_rejected({"860", "260", "753"}, 0)) << "without a header";
  EXPECT_FALSE(is_rejected({"860", "260", "753"}, 3)) << "the fields have names";
  EXPECT_FALSE(is_rejected({"860", "260"}, 0));
  EXPECT_FALSE(is_rejected({"860", "260", "75"}, 0));
}

}  // namespace
