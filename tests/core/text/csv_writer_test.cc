#include "core/text/csv_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/text/csv.h"

namespace {

std::string row_of(const std::vector<std::string>& cells, char delimiter = ',') {
  std::string out;
  core::CsvWriter writer(out, delimiter);
  for (const std::string& cell : cells) {
    writer.text(cell);
  }
  writer.end_row();
  return out;
}

TEST(CsvWriter, QuotesWhatNeedsIt) {
  EXPECT_EQ(row_of({"a", "", "b c", "16:9"}), "a,,b c,16:9\n");
  EXPECT_EQ(row_of({"a,b", "say \"x\"", "two\nlines", "cr\rin"}),
            "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\"cr\rin\"\n");
  EXPECT_EQ(row_of({"a,b", "a;b"}, ';'), "a,b;\"a;b\"\n");
}

TEST(CsvWriter, GuardsFormulasInTextButNotNumbers) {
  EXPECT_EQ(row_of({"=1+1", "+1", "-1", "@x", "\tx"}), "'=1+1,'+1,'-1,'@x,'\tx\n");
  EXPECT_EQ(row_of({"\rx", "=a,b"}), "\"'\rx\",\"'=a,b\"\n");
  EXPECT_EQ(row_of({"a=b", "x-1", "'"}), "a=b,x-1,'\n");
  std::string out;
  core::CsvWriter writer(out, ',');
  writer.number("-1.5");
  writer.number("");
  writer.end_row();
  EXPECT_EQ(out, "-1.5,\n");
}

TEST(CsvWriter, IsReadBackByOurReader) {
  std::mt19937 random(7);
  const std::vector<std::string> alphabet{"a",  "b", ",", ";", "\"", "\n",
                                          "\r", " ", "=", "-", "'",  "ä"};
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::string> cells(3);
    for (std::string& cell : cells) {
      cell = "x";  // no formula, no comment, no blank line
      for (unsigned n = random() % 8; n > 0; --n) {
        cell += alphabet[random() % alphabet.size()];
      }
    }
    std::string text = row_of(cells);
    core::CsvReader reader([&, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
      const std::size_t count = std::min(size, text.size() - at);
      text.copy(buffer, count, at);
      at += count;
      return count;
    });
    core::CsvRow row;
    ASSERT_TRUE(reader.next(row));
    ASSERT_EQ(std::vector<std::string>(row.fields.begin(), row.fields.end()), cells) << text;
    ASSERT_FALSE(reader.next(row));
  }
}

TEST(CsvWriter, TheFormulaGuardIsRemovedAgain) {
  for (const char* text : {"", "a", "=1", "+1", "-x", "@y", "\tz", "'quoted'", "it's"}) {
    std::string cell;
    core::CsvWriter(cell, ',').text(text);
    EXPECT_EQ(core::without_guard(cell), text);
  }
}

}  // namespace
