#include "cmd/report/workbook.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace {

using cmd::Workbook;
using cmd::WorkbookSheet;
using core::CellKind;

std::string bytes_of(Workbook& book) {
  std::string bytes;
  book.finish([&bytes](std::string_view more) { bytes += more; });
  return bytes;
}

// The names of a zip file's members stand in it as they are.
bool has_member(const std::string& bytes, const std::string& name) {
  return bytes.find(name) != std::string::npos;
}

TEST(Workbook, NumbersThatADoubleKeeps) {
  for (const char* text :
       {"0", "-0.5", "123456789012345", "0.000000000000123", "100000000000000000"}) {
    EXPECT_TRUE(cmd::number_of_cell(text)) << text;
  }
  for (const char* text : {"", "007", "1234567890123456", "0.1234567890123456", "1e5", "5.0.1",
                           "1.", "+5", " 5", "-", "TRUE"}) {
    EXPECT_FALSE(cmd::number_of_cell(text)) << text;
  }
  EXPECT_EQ(cmd::number_of_cell("-4.25"), -4.25);
}

TEST(Workbook, LocalTimesAreSerialNumbers) {
  EXPECT_EQ(cmd::serial_time("1970-01-01T00:00:00+00:00"), 25569.0);
  EXPECT_EQ(cmd::serial_time("2026-10-25T12:00:00+01:00"), 46320.5);
  EXPECT_EQ(cmd::serial_time("2026-10-25T12:00:00.864+01:00"), 46320.50001);
  EXPECT_FALSE(cmd::serial_time("1900-02-28T00:00:00+00:00"));
  EXPECT_FALSE(cmd::serial_time("yesterday"));
}

TEST(Workbook, ContinuesOnFurtherSheets) {
  Workbook book;
  WorkbookSheet sheet(book, "lines", {{"a", CellKind::text}}, 3);  // a header and two rows
  for (int row = 0; row < 5; ++row) {
    sheet.write({{CellKind::text, "x"}});
  }
  sheet.finish();
  EXPECT_EQ(sheet.rows(), 5U);
  const std::string bytes = bytes_of(book);
  EXPECT_TRUE(has_member(bytes, "xl/worksheets/sheet3.xml"));
  EXPECT_FALSE(has_member(bytes, "xl/worksheets/sheet4.xml"));
}

TEST(Workbook, RefusesATextThatNoCellHolds) {
  Workbook book;
  WorkbookSheet sheet(book, "lines", {{"a", CellKind::text}});
  std::string longest;
  for (int i = 0; i < 32767; ++i) {
    longest += "ü";
  }
  sheet.write({{CellKind::text, longest}});
  try {
    sheet.write({{CellKind::text, longest + "x"}});
    FAIL() << "written";
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find("row 3 of the sheet lines has a text of 32768"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
