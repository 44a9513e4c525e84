#include "core/text/csv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

using core::CsvReader;
using core::CsvRow;

// Returns the text in pieces of `chunk` bytes.
core::ReadBytes pieces(std::string text, std::size_t chunk) {
  return [text = std::move(text), chunk, given = std::size_t{0}](char* buffer,
                                                                 std::size_t size) mutable {
    const std::size_t count = std::min({size, chunk, text.size() - given});
    std::memcpy(buffer, text.data() + given, count);
    given += count;
    return count;
  };
}

struct Row {
  std::vector<std::string> fields;
  std::uint64_t line;
  friend bool operator==(const Row&, const Row&) = default;
};

std::vector<Row> read_all(const std::string& text, std::size_t chunk, char delimiter = ',') {
  CsvReader reader(pieces(text, chunk));
  reader.set_delimiter(delimiter);
  std::vector<Row> rows;
  for (CsvRow row; reader.next(row);) {
    rows.push_back({{row.fields.begin(), row.fields.end()}, row.line});
  }
  return rows;
}

struct Case {
  std::string name;
  std::string text;
  std::vector<Row> rows;
};

std::vector<Case> cases() {
  return {
      {"one_field", "a\n", {{{"a"}, 1}}},
      {"no_final_newline", "a,b", {{{"a", "b"}, 1}}},
      {"crlf", "a,b\r\nc,d\r\n", {{{"a", "b"}, 1}, {{"c", "d"}, 2}}},
      {"cr_alone", "a\rb\r", {{{"a"}, 1}, {{"b"}, 2}}},
      {"blank_lines", "\n\na\n \t\nb\n", {{{"a"}, 3}, {{"b"}, 5}}},
      {"comments", "# x\na\n#y,z\nb\n", {{{"a"}, 2}, {{"b"}, 4}}},
      {"empty_fields", ",a,\n", {{{"", "a", ""}, 1}}},
      {"quoted", "\"a,b\",\"c\"\"d\"\n", {{{"a,b", "c\"d"}, 1}}},
      {"quoted_newline", "\"a\nb\",c\nd,e\n", {{{"a\nb", "c"}, 1}, {{"d", "e"}, 3}}},
      {"quoted_crlf", "\"a\r\nb\"\nc\n", {{{"a\r\nb"}, 1}, {{"c"}, 3}}},
      {"quoted_empty", "\"\",x\n", {{{"", "x"}, 1}}},
      {"quote_inside", "a\"b,c\n", {{{"a\"b", "c"}, 1}}},
      {"text_after_quote", "\"a\"b,c\n", {{{"ab", "c"}, 1}}},
      {"bom", "\xEF\xBB\xBFid\na\n", {{{"id"}, 1}, {{"a"}, 2}}},
      {"long_comment", "#" + std::string(200'000, 'c') + "\na\n", {{{"a"}, 2}}},
      {"nothing", "", {}},
      {"only_bom", "\xEF\xBB\xBF", {}},
  };
}

TEST(CsvReader, ReadsEveryCaseInPiecesOfEverySize) {
  for (const Case& one : cases()) {
    for (const std::size_t chunk : {1UL, 2UL, 3UL, 5UL, 1000UL}) {
      EXPECT_EQ(read_all(one.text, chunk), one.rows) << one.name << " in pieces of " << chunk;
    }
  }
}

TEST(CsvReader, ReadsUtf16) {
  const std::u16string text = u"\uFEFFid;ä\n\U0001F600;x\n";
  for (const bool big : {false, true}) {
    std::string bytes;
    for (const char16_t unit : text) {
      const char low = static_cast<char>(unit & 0xFF);
      const char high = static_cast<char>(unit >> 8);
      bytes += big ? std::string{high, low} : std::string{low, high};
    }
    for (const std::size_t chunk : {1UL, 3UL, 100UL}) {
      const std::vector<Row> rows = read_all(bytes, chunk, ';');
      ASSERT_EQ(rows.size(), 2U) << big << chunk;
      EXPECT_EQ(rows[0].fields, (std::vector<std::string>{"id", "ä"}));
      EXPECT_EQ(rows[1].fields, (std::vector<std::string>{"😀", "x"}));
    }
  }
}

std::string utf16_le(const std::u16string& text) {
  std::string bytes;
  for (const char16_t unit : text) {
    bytes += {static_cast<char>(unit & 0xFF), static_cast<char>(unit >> 8)};
  }
  return bytes;
}

// Line ends of two characters, broken surrogates and a cut end, in pieces of every size.
TEST(CsvReader, ReadsUtf16InPiecesOfEverySize) {
  const std::string text = utf16_le(u"\uFEFFid\r\na\r\r\n\xD83Dx\n\xDE00y\r\nz") + "q";
  const std::vector<Row> expected = {{{"id"}, 1},
                                     {{"a"}, 2},
                                     {{"\xEF\xBF\xBDx"}, 4},
                                     {{"\xEF\xBF\xBDy"}, 5},
                                     {{"z\xEF\xBF\xBD"}, 6}};
  for (const std::size_t chunk : {1UL, 2UL, 3UL, 5UL, 100UL}) {
    EXPECT_EQ(read_all(text, chunk), expected) << "in pieces of " << chunk;
  }
}

// The quotes of a row that is too long to keep still decide where it ends.
TEST(CsvReader, ALongQuotedRowEndsWhereItsQuoteCloses) {
  const std::string filler(100'000, 'x');
  for (const std::string& row :
       {"\"a\n" + filler + "\nb\",c\n", "a,\"\"\"\n" + filler + "\"\"\n\"\n",
        filler + ",\"\n\n\"\n", "\"\r\n\",\"\r\"," + filler + "\r\n"}) {
    for (const std::size_t chunk : {1UL, 7UL, 1'000'000UL}) {
      CsvReader reader(pieces(row + "next\n", chunk));
      CsvRow read;
      ASSERT_TRUE(reader.next(read));
      EXPECT_EQ(read.kind, CsvRow::Kind::too_long);
      ASSERT_TRUE(reader.next(read));
      EXPECT_EQ(read.kind, CsvRow::Kind::fields);
      EXPECT_EQ(read.fields, std::vector<std::string_view>{"next"});
      EXPECT_EQ(read.line, 4U);
      EXPECT_FALSE(reader.next(read));
    }
  }
}

TEST(CsvReader, AnUnterminatedLongQuoteEndsTheInput) {
  CsvReader reader(pieces("\"" + std::string(200'000, '\n'), 5000));
  CsvRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.kind, CsvRow::Kind::unterminated);
  EXPECT_FALSE(reader.next(row));
}

TEST(CsvReader, TheLimitHoldsForEveryLineEnd) {
  const std::string over(CsvReader::kRowBytesMax + 1, 'y');
  for (const std::string end : {"\n", "\r", "\r\n"}) {
    const auto rows = read_all(over + end + "b" + end, 1'000'000);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_TRUE(rows[0].fields.empty());
    EXPECT_EQ(rows[1], (Row{{"b"}, 2}));
  }
}

TEST(CsvReader, AnUnterminatedQuoteEndsTheInputAtItsLine) {
  CsvReader reader(pieces("a\n\"b\nc\nd\n", 2));
  CsvRow row;
  ASSERT_TRUE(reader.next(row));
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.kind, CsvRow::Kind::unterminated);
  EXPECT_EQ(row.line, 2U);
  EXPECT_FALSE(reader.next(row));
}

// A line far larger than the allowed memory: the source generates it while it is read.
TEST(CsvReader, ALongLineIsSkippedInBoundedMemory) {
  constexpr std::size_t kLine = 64UL << 20U;
  std::size_t made = 0;
  CsvReader reader([&made](char* buffer, std::size_t size) {
    if (made == kLine + 3) {
      return std::size_t{0};
    }
    const std::size_t count = std::min(size, made < kLine ? kLine - made : kLine + 3 - made);
    std::memset(buffer, 'x', count);
    if (made >= kLine) {
      std::memcpy(buffer, "\nb\n", 3);
    }
    made += count;
    return count;
  });
  CsvRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.kind, CsvRow::Kind::too_long);
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.fields.at(0), "b");
  EXPECT_EQ(row.line, 2U);
}

TEST(CsvReader, ARowMayBeJustAsLongAsTheLimit) {
  const std::string longest(CsvReader::kRowBytesMax, 'y');
  EXPECT_EQ(read_all(longest + "\nb\n", 7000).at(0).fields.at(0), longest);
  const auto over = read_all(longest + "y\nb\n", 7000);
  EXPECT_TRUE(over.at(0).fields.empty());
  EXPECT_EQ(over.at(1).fields.at(0), "b");
}

// As any writer of RFC 4180 may quote it.
TEST(NamedDelimiter, IsReadWithAndWithoutQuotes) {
  struct Line {
    const char* text;
    std::optional<char> delimiter;
  };
  const Line cases[] = {
      {"sep=;", ';'},
      {"Sep=|", '|'},
      {"\"sep=;\"", ';'},
      {"sep=;;;", ';'},
      {"\"sep=;\",,", ';'},
      {"\"sep=;", std::nullopt},
      {"sep=;\"", std::nullopt},
      {"sep=;x", std::nullopt},
      {"sep=", std::nullopt},
      {"step=;", std::nullopt},
      {"", std::nullopt},
  };
  for (const Line& one : cases) {
    EXPECT_EQ(core::named_delimiter(one.text), one.delimiter) << one.text;
  }
}

TEST(CsvReader, RandomRowsComeBack) {
  std::mt19937 random(7);
  const std::string alphabet = "ab,\"\n\r ;";
  for (int round = 0; round < 300; ++round) {
    std::vector<std::vector<std::string>> rows(1 + random() % 5);
    std::string text;
    for (auto& fields : rows) {
      fields.resize(1 + random() % 4);
      for (std::size_t i = 0; i < fields.size(); ++i) {
        for (std::size_t n = random() % 6; n > 0; --n) {
          fields[i] += alphabet[random() % alphabet.size()];
        }
        std::string quoted = "\"";
        for (const char c : fields[i]) {
          quoted += c == '"' ? "\"\"" : std::string(1, c);
        }
        text += (i > 0 ? "," : "") + quoted + "\"";
      }
      text += "\n";
    }
    const std::vector<Row> read = read_all(text, 1 + random() % 20);
    ASSERT_EQ(read.size(), rows.size()) << text;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(read[i].fields, rows[i]) << text;
    }
  }
}

}  // namespace
